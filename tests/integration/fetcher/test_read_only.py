"""Every call that connector and fetcher make of Jira is on the allow-list; the simulator kept count."""

import re

import pytest

from deploy.embedded.simulator import SimulatorOptions
from shared.jira.endpoints import ALLOWED
from tests.support.connector import Connector
from tests.support.fetching import Fetcher, Runs
from tests.support.simulator import SimulatedJira, Simulators

FLAVOURS = [
    SimulatorOptions(deployment="cloud", issues=40, projects=2, seed=11),
    SimulatorOptions(deployment="cloud-scoped", issues=40, projects=2, seed=11),
    SimulatorOptions(
        deployment="datacenter", issues=40, projects=2, seed=11, extra=("--context-path", "/jira")
    ),
]
MEDIA = "GET /media/file/{}/binary"  # another host, which is told no credential


async def everything_the_connector_does(connector: Connector, jira: SimulatedJira) -> None:
    login = jira.login
    connected = await connector.connect(
        jira.url, login.api_token, email=login.email, deployment=login.deployment_type
    )
    if jira.options.deployment == "cloud-scoped":
        return  # whatever came of it: the gateway of this connector is another Jira's
    assert connected.status_code == 200, connected.text
    asked = {"connection_id": connected.json()["connection_id"]}
    await connector.json("GET", "projects", params=asked)
    await connector.json("POST", "analyze", json={**asked, "project_keys": ["SIM", "OPS"]})
    await connector.start(asked["connection_id"], "SIM", "OPS")


def without_names(template: str) -> str:
    return re.sub(r"\{\w+\}", "{}", template)


@pytest.mark.parametrize("options", FLAVOURS, ids=lambda options: options.deployment)
async def test_only_reading_routes_of_the_list_are_asked(
    simulators: Simulators, connector: Connector, runs: Runs, fetcher: Fetcher, options: SimulatorOptions
) -> None:
    jira = await simulators(options)
    await everything_the_connector_does(connector, jira)
    connectors = await jira.requests()
    assert len(connectors) >= 2
    run = await runs.of(jira, "SIM", "OPS")
    async with fetcher(issues_per_task=10):
        await run.request()
        await run.fetched()
    asked = {without_names(route) for route in await jira.requests()} - {MEDIA}
    listed = {
        without_names(f"{endpoint.method} {endpoint.template.replace('{api}', api)}")
        for endpoint in ALLOWED
        for api in ("2", "3")
    }
    prefix = "/jira" if options.deployment == "datacenter" else ""
    assert {route.replace(f" {prefix}/", " /", 1) for route in asked} <= listed
    assert len(asked) > len(connectors)
