"""Asking for an undo through the API: what is refused, and what asking twice does."""

from typing import Any

import pytest

from shared.kinds import State
from tests.support.connector import Connector, eventually


async def refused(connector: Connector, job_id: str) -> str:
    answer = await connector.ask("DELETE", f"jobs/{job_id}/data")
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    return str(answer.json()["error"])


async def undone(connector: Connector, job_id: str) -> dict[str, Any]:
    async def done() -> bool:
        job = await connector.json("GET", f"jobs/{job_id}")
        return bool(job["state"] == "undone")

    await eventually(done)
    told: dict[str, Any] = await connector.json("GET", f"jobs/{job_id}/data")
    return told


async def test_what_cannot_be_undone_is_a_conflict_that_says_why(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud)
    job = await connector.start(connection, "OPS")
    assert "The job is queued. Pause or cancel it first" in await refused(connector, job["job_id"])
    other = await connector.start(connection, "SIM")
    state = connector.context.state
    await state.imports.set_state(job["job_id"], State.COMPLETED)
    assert f"Job {other['job_id']} is importing from the same site" in await refused(connector, job["job_id"])
    await state.imports.set_state(other["job_id"], State.CANCELLED)
    never = await connector.start("nope", "OPS")
    assert "never started" in await refused(connector, never["job_id"])
    body = {"connection_id": connection, "project_keys": ["OPS"], "dry_run": True}
    dry = (await connector.json("POST", "start", json=body))["job_id"]
    await state.imports.set_state(dry, State.COMPLETED)
    assert "dry run" in await refused(connector, dry)
    assert (await connector.ask("GET", f"jobs/{job['job_id']}/data")).status_code == 404
    assert (await connector.ask("DELETE", "jobs/null/data")).status_code == 404


@pytest.mark.parametrize("ended", [State.COMPLETED, State.COMPLETED_WITH_ERRORS, State.CANCELLED])
async def test_a_job_is_undone_and_again_and_tells_whoever_follows(
    connector: Connector, cloud: str, ended: State
) -> None:
    connection = await connector.connection(cloud)
    job_id = str((await connector.start(connection, "OPS"))["job_id"])
    await connector.context.state.imports.set_state(job_id, ended)
    for _ in range(2):
        for _ in range(2):
            answer = await connector.ask("DELETE", f"jobs/{job_id}/data")
            assert (answer.status_code, answer.json()["state"]) == (202, "undoing")
        waits = await connector.start(connection, "OPS")
        assert f"Job {job_id} of the same site is being undone" in waits["error_message"]
        told = await undone(connector, job_id)
        assert (told["removed"], told["kept"], told["documents"]) == ({}, {}, [])
    job = await connector.json("GET", f"jobs/{job_id}")
    assert [one["state"] for one in job["projects"]] == ["undone"]
    followed = await connector.ask("GET", f"jobs/{job_id}/events")
    assert '"state":"undone"' in followed.text.replace(": ", ":")
    previous = await connector.json("GET", "previous-imports?project_key=OPS")
    assert job_id not in {one["job_id"] for one in previous}
    table = await connector.ask("GET", f"jobs/{job_id}/report", headers={"Accept": "text/plain"})
    assert table.text.endswith("undone: nothing to compare\n")
