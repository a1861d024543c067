"""A strict stand-in for Jira: Cloud v3 (site and scoped-token gateway) or Data Center v2, from one data set.

Run it with ``python -m deploy.jira_simulator --deployment cloud``; it prints one line of JSON with its URL.
The credentials it accepts are the constants of ``accounts.py``; faults and counters live under ``/_sim``.
"""
