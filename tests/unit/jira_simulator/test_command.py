"""The command line, as the stack starts it."""

import json
import subprocess
import sys

import httpx


def test_one_line_says_where_it_listens() -> None:
    command = [sys.executable, "-m", "deploy.jira_simulator", "--deployment", "datacenter"]
    command += ["--context-path", "/jira/", "--base-url", "https://jira.example.com", "--issues", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            info = httpx.get(ready["url"] + "/rest/api/2/serverInfo").json()
        finally:
            process.terminate()

    assert ready["pid"] == process.pid
    assert ready["url"].endswith("/jira")
    assert (info["baseUrl"], info["deploymentType"]) == ("https://jira.example.com", "DataCenter")
