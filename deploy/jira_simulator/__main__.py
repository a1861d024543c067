"""`python -m deploy.jira_simulator`: one deployment of Jira on one port."""

from deploy.jira_simulator.config import parse_args
from deploy.jira_simulator.server import run

if __name__ == "__main__":
    run(parse_args())
