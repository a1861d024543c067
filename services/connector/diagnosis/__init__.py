"""What is wrong with a Jira connection, in words that an admin can act on."""
