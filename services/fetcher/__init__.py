"""Fetcher: reads Jira in small tasks and streams what it finds as events."""
