"""A pause or a cancel takes effect at once, whatever a fetcher is in the middle of, and loses nothing."""

from collections.abc import Awaitable, Callable
from time import monotonic

import pytest

from deploy.embedded.simulator import SimulatorOptions
from deploy.jira_simulator.errors import Refused
from shared.contracts.channels import FETCH_TASK
from shared.kinds import State, TaskKind
from tests.integration.fetcher.test_whole_imports import assert_complete
from tests.support.fetching import Fetcher, Run, Runs
from tests.support.proxy import changing
from tests.support.simulator import Simulators

CLOUD = SimulatorOptions(deployment="cloud", issues=60, projects=1, seed=5)
CONTENT = "GET /rest/api/3/attachment/content/{id}"
SOON = 5.0  # seconds, as promised to whoever pauses an import
LONG = 28_000  # milliseconds; within the limit of a test, and far beyond `SOON`


async def let_go(run: Run) -> None:
    """Return when no task that was published before is in anybody's hands."""
    key = run.id.encode() + b"-end"
    for partition in range(12):
        await run.wire.producer.send(FETCH_TASK.topic, b"", key=key, partition=partition)
    await run.wire.buried(12, key)


async def halted(run: Run, state: State) -> float:
    """Set a state; return how long it takes until the fetcher has let everything go."""
    await run.state.imports.set_state(run.id, state)
    started = monotonic()
    await let_go(run)
    return monotonic() - started


def asked(counts: Callable[[], Awaitable[dict[str, int]]], route: str) -> Callable[[], Awaitable[bool]]:
    async def asked_already() -> bool:
        return route in await counts()

    return asked_already


@pytest.mark.parametrize("state", [State.PAUSED, State.CANCELLED])
async def test_a_long_download_ends_with_the_import(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, state: State
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": "slow", "route": CONTENT, "ms": LONG})
    run = await runs.of(jira)
    async with fetcher():
        await run.request()
        await run.wire.until(asked(jira.requests, CONTENT), "a download has begun")
        assert await halted(run, state) < SOON
    assert {task.kind for task in await run.pending()} >= {TaskKind.ATTACHMENTS}
    assert await run.letters() == []


async def test_a_paused_import_outlives_its_fetcher_and_goes_on_in_another(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": "slow", "route": CONTENT, "ms": LONG})
    run = await runs.of(jira)
    async with fetcher():
        await run.request()
        await run.wire.until(asked(jira.requests, CONTENT), "a download has begun")
        await halted(run, State.PAUSED)
    await jira.reset()
    left = {task.id for task in await run.pending()}
    async with fetcher():
        await run.send(*await run.pending())  # what a paused import has in the queue is passed over
        await let_go(run)
        assert {task.id for task in await run.pending()} == left
        assert await jira.requests() == {}
        await run.state.imports.set_state(run.id, State.RUNNING)
        await run.send(*await run.pending())
        await run.fetched()
    await assert_complete(run, jira)


@pytest.mark.parametrize("seconds", [20, 60])
async def test_a_long_wait_for_a_rate_limit_ends_with_the_import(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, seconds: int
) -> None:
    """The shorter one is waited for within the task, the longer one before the task is queued again."""
    told: list[str] = []

    def throttled(path: str, _body: bytes) -> Refused | None:
        if "issue/bulkfetch" not in path:
            return None
        told.append(path)
        return Refused(429, {}, {"retry-after": str(seconds)})

    jira = await simulators(CLOUD)
    async with changing(jira.url, instead=throttled) as url, fetcher():
        run = await runs.of(jira, base_url=url)
        await run.request()
        await run.wire.until(lambda: bool(told), "Jira says how long to wait")
        assert await halted(run, State.PAUSED) < SOON
    assert TaskKind.ISSUES in {task.kind for task in await run.pending()}
    assert await run.letters() == []
