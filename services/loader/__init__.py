"""Loader: turns Jira's things into Windshift's documents and writes them, in batches, idempotently."""
