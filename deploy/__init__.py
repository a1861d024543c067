"""What runs the services: the embedded stack, the Jira simulator, the topics, dashboards and API documents."""
