"""Removing from Windshift what an import created, and nothing else."""
