"""What could not be loaded is sent again as it was read, without a question to Jira."""

from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from shared.contracts.events import BlobRef
from shared.kinds import EntityKind, State, TaskKind
from shared.state.dead_letters import Choice, DeadLetter
from shared.state.ledger import Task
from tests.support.fetching import Fetcher, Run, Runs
from tests.support.simulator import Simulators

CLOUD = SimulatorOptions(deployment="cloud", issues=40, projects=1, seed=2)
BLOB = BlobRef(blob_id="payload:x", size=3, sha256="ab" * 32)


@pytest.fixture
async def run(simulators: Simulators, runs: Runs) -> Run:
    return await runs.of(await simulators(CLOUD))


async def retried(run: Run, fetcher: Fetcher, kind: TaskKind, *letters: dict[str, Any]) -> Task:
    """Enter a task of the first retry that has these letters, and let it be done."""
    common = {"import_id": run.id, "project_key": "SIM", "stage": "load", "code": "c", "reason": "r"}
    await run.state.dead_letters.add([DeadLetter.model_validate(common | letter) for letter in letters])
    task = Task(run.id, "SIM", kind, "000000", site=run.site, round=2)
    await run.state.dead_letters.choose(run.id, Choice(), by=task.id)
    await run.state.ledger.register([task])
    await run.store.state["import_projects"].update_one({"import_id": run.id}, {"$set": {"retries": 1}})
    await run.state.imports.set_state(run.id, State.RUNNING)
    async with fetcher():
        await run.send(task)
        await run.fetched()
    return task


async def test_letters_are_sent_again_and_resolved(run: Run, fetcher: Fetcher) -> None:
    await retried(
        run,
        fetcher,
        TaskKind.REPLAY,
        {"kind": "status", "id": "3", "payload": '{"name": "Ä"}'},
        {"kind": "attachment", "id": "5", "payload": "{}", "updated": 7, "content": BLOB.model_dump()},
        {"kind": "issue", "id": "6", "payload_blob": BLOB.model_dump()},
    )
    assert await run.letters() == []
    assert await run.jira.requests() == {}
    status, file, issue = sorted(run.entities, key=lambda one: one.id)
    assert (status.kind, status.payload, status.updated) == (EntityKind.STATUS, {"name": "Ä"}, None)
    assert (file.content, file.updated, file.site) == (BLOB, 7, run.site)
    assert (issue.payload, issue.payload_blob) == (None, BLOB)


async def test_what_cannot_be_sent_stays_a_letter_and_says_why(run: Run, fetcher: Fetcher) -> None:
    await retried(
        run,
        fetcher,
        TaskKind.REPLAY,
        {"kind": "starship", "id": "1", "payload": "{}"},
        {"kind": "status", "id": "2", "payload": '{"name": "\\ud800"}'},
        {"kind": "status", "id": "3", "payload": '{"name'},
        {"kind": "status", "id": "4", "payload": "{}"},
    )
    assert [one.id for one in run.entities] == ["4"]
    found = {one.id: one for one in await run.letters()}
    assert sorted(found) == ["1", "2", "3"]
    assert all(one.reason.startswith("It cannot be sent again as it was read: ") for one in found.values())
    assert "'starship' is not a valid EntityKind" in found["1"].reason
    assert {one.retried_by for one in found.values()} == {None}
    assert await run.state.dead_letters.count(run.id, Choice(), waiting=True) == 3


async def test_letters_of_a_retry_that_fails_get_its_reason(run: Run, fetcher: Fetcher) -> None:
    await run.jira.faults({"kind": "404", "route": "POST /rest/api/3/search/jql"})
    letter = {"stage": "fetch", "kind": "issue", "id": "listing 000003", "task": "t"}
    task = await retried(run, fetcher, TaskKind.LIST, letter)
    (left,) = await run.letters()
    assert (left.id, left.task, left.code) == ("listing 000003", task.id, "task_failed")
    assert (left.reason == "r", left.retried_by) == (False, None)
