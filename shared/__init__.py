"""What the three services have in common: contracts, state, the Jira client and the plumbing."""
