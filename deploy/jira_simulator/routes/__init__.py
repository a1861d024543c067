"""The routes of both products, each a table of endpoints with the parameters Jira knows."""
