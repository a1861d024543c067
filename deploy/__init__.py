"""What runs the services: the embedded stack, the Jira simulator, topics, dashboards, API documents."""
