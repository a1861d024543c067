"""A read-only Jira client for Cloud v3 and Data Center v2."""
