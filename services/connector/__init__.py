"""The connector: the HTTP API that Windshift's import wizard calls, and the fold of progress events."""
