"""A new credential for a connection: tested as a first one is, and the imports that wait for it go on."""

import json
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from shared.kinds import State
from shared.state.imports import PausedBy
from tests.support.connector import CLOUD_TOKEN, EMAIL, Connector
from tests.support.proxy import changing
from tests.support.simulator import Simulators

ELSEWHERE = SimulatorOptions(deployment="cloud", issues=60, seed=9)


@pytest.fixture
async def connection(connector: Connector, cloud: str) -> str:
    return await connector.connection(cloud)


async def paused(connector: Connector, connection: str, key: str, by: PausedBy) -> str:
    job: str = (await connector.start(connection, key))["job_id"]
    await connector.context.state.imports.set_state(job, State.PAUSED, reason="Unauthorized.", paused_by=by)
    return job


async def test_only_what_waits_for_the_credential_goes_on(
    connector: Connector, connection: str, cloud: str
) -> None:
    waiting = await paused(connector, connection, "SIM", PausedBy.CREDENTIAL)
    held = await paused(connector, connection, "OPS", PausedBy.REQUEST)
    before = await connector.context.state.connections.get(connection)
    await connector.context.state.connections.touch(connection)

    answer = await connector.json("PUT", f"connections/{connection}", json={"api_token": "scoped-token"})

    assert answer["connection_id"] == connection
    assert answer["instance_info"]["url"] == cloud
    assert "notices" not in answer
    assert answer["resumed_jobs"] == [waiting]
    assert (await connector.json("GET", f"jobs/{waiting}"))["state"] == "running"
    assert (await connector.json("GET", f"jobs/{held}"))["state"] == "paused"
    after = await connector.context.state.connections.get(connection)
    assert before is not None
    assert after is not None
    assert (after.site, after.email, after.created_at) == (before.site, EMAIL, before.created_at)
    assert after.last_used_at is not None
    assert (after.token_kind, after.base_url) != (before.token_kind, before.base_url)
    assert connector.context.access.vault.decrypt(after.sealed_token, owner=connection) == "scoped-token"
    stored = await connector.context.store.state["connections"].find_one({"_id": connection})
    assert "scoped-token" not in json.dumps(stored, default=str)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("expired-token", "cloud_token_refused"),
        ("scoped-no-me", "scope_missing_read_me"),
        ("no-browse-token", "no_projects_visible"),
    ],
)
async def test_a_token_that_does_not_work_is_refused_as_by_connect_and_changes_nothing(
    connector: Connector, connection: str, cloud: str, token: str, code: str
) -> None:
    job = await paused(connector, connection, "SIM", PausedBy.CREDENTIAL)
    before = await connector.context.state.connections.get(connection)

    refused = await connector.ask("PUT", f"connections/{connection}", json={"api_token": token})

    first = await connector.connect(cloud, token)
    assert (refused.status_code, refused.json()) == (first.status_code, first.json())
    assert refused.json()["code"] == code
    assert await connector.context.state.connections.get(connection) == before
    assert (await connector.json("GET", f"jobs/{job}"))["error_message"] == "Unauthorized."


async def test_a_token_of_another_site_is_refused(
    connector: Connector, connection: str, simulators: Simulators, cloud: str
) -> None:
    other = (await simulators(ELSEWHERE)).url
    before = await connector.context.state.connections.get(connection)

    refused = await connector.ask(
        "PUT", f"connections/{connection}", json={"api_token": CLOUD_TOKEN, "instance_url": other}
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "other_site")
    assert f"{other} is another Jira than the one of this connection, {cloud}." in refused.json()["error"]
    assert await connector.context.state.connections.get(connection) == before


async def test_a_token_of_another_account_is_taken_and_said_to_be_one(
    connector: Connector, connection: str, cloud: str
) -> None:
    def another(path: str, given: Any) -> Any:
        return {**given, "accountId": "5b10", "displayName": "Bo"} if path.endswith("/myself") else given

    async with changing(cloud, another) as url:
        body = {"api_token": CLOUD_TOKEN, "instance_url": url}  # the same Jira by another address
        answer = await connector.json("PUT", f"connections/{connection}", json=body)

    (notice,) = answer["notices"]
    assert notice["code"] == "other_account"
    assert "belongs to another account than before (Bo)" in notice["message"]


async def test_what_cannot_be_asked(connector: Connector, connection: str) -> None:
    empty = await connector.ask("PUT", f"connections/{connection}", json={})
    unknown = await connector.ask("PUT", "connections/nope", json={"api_token": "x"})

    assert (empty.status_code, empty.json()["error"]) == (400, "api_token is required")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "connection not found")
