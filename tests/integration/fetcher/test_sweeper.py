"""What a crash left lying is set going again; each test puts the state where a crash would have left it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from services.fetcher.planner import FIRST
from shared.kinds import EntityKind, State
from shared.state.ledger import Task
from tests.integration.fetcher.test_whole_imports import assert_complete
from tests.support.fetching import Fetcher, Run, Runs
from tests.support.simulator import Simulators

CLOUD = SimulatorOptions(deployment="cloud", issues=40, projects=1, seed=2)
BULK = "POST /rest/api/3/issue/bulkfetch"
# Nobody waits for long in a test.
QUICK: dict[str, Any] = {
    "task_lease": timedelta(seconds=1.5),
    "sweep_interval": timedelta(seconds=0.2),
    "sweep_after": timedelta(seconds=1),
    "requeue_after": timedelta(seconds=1),
    "issues_per_task": 10,
}


@pytest.fixture
async def run(simulators: Simulators, runs: Runs) -> Run:
    return await runs.of(await simulators(CLOUD))


async def planned(run: Run, *, state: State = State.RUNNING) -> list[Task]:
    """Enter the first tasks, as the planner does, and tell nobody."""
    tasks = [Task(run.id, "SIM", kind, "000000") for kind in FIRST]
    await run.state.ledger.register(tasks, untaken=timedelta())
    await run.state.imports.set_state(run.id, state)
    return tasks


async def closed(run: Run) -> list[Task]:
    """Enter the first tasks and close them."""
    tasks = await planned(run)
    for task in tasks:
        await run.state.ledger.finish(task, {})
    return tasks


async def test_tasks_that_nobody_was_told_of(run: Run, fetcher: Fetcher) -> None:
    await planned(run)
    async with fetcher(**QUICK):
        await run.fetched()
    await assert_complete(run, run.jira)


async def test_tasks_of_a_fetcher_that_fell_silent(run: Run, fetcher: Fetcher) -> None:
    for task in await planned(run):
        await run.state.leases.claim(task.id, owner="dead", lease=QUICK["task_lease"])
    async with fetcher(**QUICK):
        await run.fetched()
    await assert_complete(run, run.jira)
    assert {task["losses"] for task in await run.tasks(ordinal="000000", round=0)} == {1}


async def test_an_import_whose_request_was_lost(run: Run, fetcher: Fetcher) -> None:
    async with fetcher(**{**QUICK, "sweep_after": timedelta()}):
        await run.fetched()
    await assert_complete(run, run.jira)
    assert await run.state.imports.state_of(run.id) is State.RUNNING


async def test_an_import_that_was_paused_and_resumed_before_it_was_planned(
    run: Run, fetcher: Fetcher
) -> None:
    await run.state.imports.set_state(run.id, State.RUNNING)
    async with fetcher(**QUICK):
        await run.fetched()
    await assert_complete(run, run.jira)


async def test_an_import_that_was_only_half_started_fails_and_says_so(run: Run, fetcher: Fetcher) -> None:
    await run.store.state["import_projects"].delete_many({"import_id": run.id})
    async with fetcher(**QUICK):
        failed = await run.reaches(State.FAILED)
        await run.wire.until(lambda: bool(run.changes()), "the connector is told")
    assert "Start the import again" in (failed.error_message or "")
    assert [change.state for change in run.changes()] == [State.FAILED]


async def test_a_project_whose_marker_was_never_sent(run: Run, fetcher: Fetcher) -> None:
    await closed(run)
    async with fetcher(**QUICK):
        await run.fetched()


async def test_a_marker_without_an_answer_is_repeated_after_twice_the_time(
    run: Run, fetcher: Fetcher
) -> None:
    await closed(run)
    began = asyncio.get_running_loop().time()
    await run.state.running.note_marker(run.id, "SIM")
    async with fetcher(**QUICK):
        await run.fetched(more=2)  # 2 and 4 seconds after the ones before
        assert asyncio.get_running_loop().time() - began > 5
        await run.state.imports.close_project(run.id, "SIM", {})
        markers = run.markers()["SIM"]
        await asyncio.sleep(2)
    assert run.markers()["SIM"] == markers, "it was answered"


async def test_paused_and_ended_imports_are_left_alone(run: Run, fetcher: Fetcher) -> None:
    for state in (State.PAUSED, State.CANCELLED):
        await planned(run, state=state)
        async with fetcher(**QUICK):
            await asyncio.sleep(2)
        assert len(await run.pending()) == len(FIRST)
        assert await run.jira.requests() == {}


async def test_a_task_that_takes_every_fetcher_down_with_it_is_given_up(run: Run, fetcher: Fetcher) -> None:
    (task, *_) = await planned(run)
    await run.store.state["tasks"].update_one({"_id": task.id}, {"$set": {"losses": 3}})
    async with fetcher(**QUICK, task_losses=3):
        await run.fetched()
    (letter,) = await run.letters()
    assert (letter.kind, letter.id) == (EntityKind.ISSUE, "listing 000000")
    assert letter.reason == "3 fetchers fell silent while they worked on this task"


async def test_a_live_slow_task_is_not_done_twice(run: Run, fetcher: Fetcher) -> None:
    """Its lease is renewed, however often it is published."""
    await run.jira.faults({"kind": "slow", "route": BULK, "times": 1, "ms": 4000})
    async with fetcher(**QUICK), fetcher(**QUICK):
        await run.request()
        await run.fetched()
    await assert_complete(run, run.jira)
    assert {(task["claims"], task.get("losses", 0)) for task in await run.tasks()} == {(1, 0)}


async def test_many_sweepers_at_once_change_nothing(run: Run, fetcher: Fetcher) -> None:
    await planned(run)
    async with fetcher(**QUICK), fetcher(**QUICK), fetcher(**QUICK):
        await run.store.state["turns"].delete_many({})
        await run.fetched()
    await assert_complete(run, run.jira)
    assert {task["claims"] for task in await run.tasks()} == {1}


async def test_a_slow_answer_holds_up_no_other_import(
    run: Run, simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    """One fetcher with two tasks at once: one of them waits, the other one does everything else."""
    await run.jira.faults({"kind": "slow", "route": BULK, "times": 1, "ms": 15_000})
    other = await runs.of(await simulators(SimulatorOptions(deployment="cloud", issues=200, projects=1)))
    async with fetcher(tasks_at_once=2, issues_per_task=100):
        await run.request()
        await run.wire.until(lambda: _asked(run), "the slow answer is waited for")
        await other.request()
        await other.fetched()
        assert run.markers() == {}  # it still waits
        await run.fetched()
    await assert_complete(run, run.jira)
    await assert_complete(other, other.jira)


async def _asked(run: Run) -> bool:
    return BULK in await run.jira.requests()
