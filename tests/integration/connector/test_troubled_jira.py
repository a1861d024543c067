"""A Jira that has troubles of its own while an admin connects or starts."""

from typing import Any

import pytest

from tests.support.connector import CLOUD, CLOUD_TOKEN, Connector
from tests.support.simulator import Simulators

MYSELF = "/rest/api/3/myself"
PROJECTS = "/rest/api/3/project/search"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"kind": "503", "route": MYSELF}, "jira_unavailable"),
        ({"kind": "503", "route": PROJECTS}, "jira_unavailable"),
        ({"kind": "429-json", "route": MYSELF}, "rate_limited"),
        ({"kind": "429-html", "route": MYSELF}, "rate_limited"),
        ({"kind": "html-200", "route": MYSELF}, "login_page"),
        ({"kind": "html-200", "route": PROJECTS}, "login_page"),
        ({"kind": "403", "route": MYSELF}, "forbidden"),
        ({"kind": "dc-captcha", "route": MYSELF}, "captcha"),
        ({"kind": "cut", "route": MYSELF}, "unreachable"),
        ({"kind": "truncated-json", "route": MYSELF}, "jira_unavailable"),
    ],
)
async def test_connecting_tells_each_trouble_apart(
    connector: Connector, simulators: Simulators, rule: dict[str, Any], code: str
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults(rule)
    response = await connector.connect(jira.url, CLOUD_TOKEN)

    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_a_passing_trouble_is_not_told(connector: Connector, simulators: Simulators) -> None:
    jira = await simulators(CLOUD)
    await jira.faults(
        {"kind": "503", "route": PROJECTS, "times": 1}, {"kind": "cut", "route": MYSELF, "times": 1}
    )

    assert (await connector.connect(jira.url, CLOUD_TOKEN)).status_code == 200


async def test_a_start_while_jira_is_away(connector: Connector, simulators: Simulators) -> None:
    jira = await simulators(CLOUD)
    connection = await connector.connection(jira.url)
    await jira.faults({"kind": "503"})
    job = await connector.start(connection, "SIM")

    assert job["status"] == "failed"
    assert "try again in a few minutes" in job["error_message"]


async def test_a_token_that_expires_between_two_steps(connector: Connector, simulators: Simulators) -> None:
    jira = await simulators(CLOUD)
    connection = await connector.connection(jira.url)
    await jira.faults({"kind": "expire", "times": 1})
    asked = {"connection_id": connection, "project_keys": ["SIM"]}
    await connector.ask("POST", "analyze", json=asked)  # the last thing that the token was good for
    job = await connector.start(connection, "SIM")

    assert "has expired or was revoked since" in job["error_message"]
    analyzed = await connector.ask("POST", "analyze", json=asked)
    assert (analyzed.status_code, analyzed.json()["code"]) == (422, "token_died")


async def test_a_start_costs_a_request_for_each_project_and_two_for_the_fields_and_the_account(
    connector: Connector, simulators: Simulators
) -> None:
    jira = await simulators(CLOUD)
    connection = await connector.connection(jira.url)
    await jira.reset()
    await connector.start(connection, "SIM")

    assert sum((await jira.requests()).values()) == 3
