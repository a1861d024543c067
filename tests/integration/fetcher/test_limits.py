"""Jira's rate limits in each of their faces: few refusals, nothing lost, and nobody else held up."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from shared.jira.budget import Budget
from shared.kinds import EntityKind, TaskKind
from shared.state.ledger import TaskState
from tests.support.fetching import Fetcher, Run, Runs
from tests.support.simulator import SimulatedJira, Simulators

CLOUD = SimulatorOptions(issues=60, projects=1, extra=("--no-hub-issue",))
OTHER_CLOUD = SimulatorOptions(issues=60, projects=1, seed=2, extra=("--no-hub-issue",))
UNEQUAL = SimulatorOptions(issues=600, projects=2, seed=3, extra=("--no-attachments", "--no-hub-issue"))
BULKFETCH = "POST /rest/api/3/issue/bulkfetch"


async def assert_complete(run: Run, jira: SimulatedJira) -> None:
    assert await run.letters() == []
    assert await run.tasks(state=TaskState.FAILED) == []
    for kind in (EntityKind.ISSUE, EntityKind.COMMENT, EntityKind.ATTACHMENT):
        assert run.ids(kind) == set(await jira.truth("SIM", f"{kind}s")), kind


@pytest.mark.parametrize(
    "limit",
    [
        {"kind": "burst", "rate": 4, "size": 5},
        {"kind": "quota", "points": 12, "window": 2, "scope": "tenant"},
        {"kind": "quota", "points": 1, "window": 3600, "beta": True},
    ],
    ids=["burst", "quota", "quota that is not in force"],
)
async def test_an_import_within_a_limit_of_cloud_is_complete_and_hardly_ever_refused(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, limit: dict[str, Any]
) -> None:
    jira = await simulators(CLOUD)
    await jira.limits(limit)
    run = await runs.of(jira)
    async with fetcher(issues_per_task=5, task_attempts=1), fetcher(issues_per_task=5, task_attempts=1):
        await run.request()
        await run.fetched()
    await assert_complete(run, jira)
    requests = sum((await jira.requests()).values())
    assert await jira.refused() <= requests / 4, (await jira.refused(), requests)


@pytest.mark.parametrize("kind", ["429-json", "429-html", "429-gateway", "429-quota", "429-bare", "429-dc"])
async def test_every_refusal_is_waited_for_and_costs_no_try(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, kind: str
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": kind, "route": BULKFETCH, "times": 2})
    run = await runs.of(jira)
    async with fetcher(task_attempts=1):
        await run.request()
        await run.fetched()
    await assert_complete(run, jira)
    assert await jira.refused() == 2


async def test_a_throttled_site_holds_up_no_other(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    throttled, free = await asyncio.gather(simulators(CLOUD), simulators(OTHER_CLOUD))
    await throttled.limits({"kind": "quota", "points": 8, "window": 600})
    slow, quick = await runs.of(throttled), await runs.of(free)
    async with fetcher(issues_per_task=5), fetcher(issues_per_task=5):
        await slow.request()
        await slow.wire.until(lambda: _is_refused(throttled), "Jira refuses")
        await quick.request()
        await quick.fetched()
        state = await slow.state.sites.state_of(slow.site)
    await assert_complete(quick, free)
    assert (await free.refused(), await slow.letters()) == (0, [])
    assert await slow.pending()
    assert await throttled.refused() <= 2 * 5, "what was in flight when the first was refused"
    assert state.limited_until is not None


async def _is_refused(jira: SimulatedJira) -> bool:
    return await jira.refused() > 0


async def test_a_huge_project_leaves_a_small_one_its_share(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    """Of the tasks that are done while the small one is read, at most so many are the huge one's as its own.

    A few more: those in hands at the beginning, and at the end.
    """
    jira = await simulators(UNEQUAL)
    small = await jira.truth("OPS", "issues")
    await jira.edit(*({"op": "delete", "key": id_} for id_ in small[20:]))
    await jira.limits({"kind": "burst", "rate": 20, "size": 10})
    run = await runs.of(jira, "SIM", "OPS")
    async with fetcher(issues_per_task=5):
        await run.request()
        await run.fetched()
    done = sorted(await run.tasks(round=0, kind=TaskKind.ISSUES), key=lambda task: task["updated_at"])
    projects = [task["project_key"] for task in done]
    assert Counter(projects) == {"SIM": 60, "OPS": 4}
    first, last = projects.index("OPS"), len(projects) - 1 - projects[::-1].index("OPS")
    huge = projects[first:last].count("SIM")
    assert huge <= 4 + 2 * 4, projects
    assert last <= len(projects) / 2, projects


async def test_two_fetchers_obey_what_one_of_them_was_told(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Jira told one of them reaches the other, and is about the whole site, since a quota is."""
    adopted: list[tuple[str, float]] = []
    adopt = Budget.adopt

    def seen(self: Budget, family: str, seconds: float, reason: str) -> None:
        adopted.append((family, seconds))
        adopt(self, family, seconds, reason)

    monkeypatch.setattr(Budget, "adopt", seen)
    jira = await simulators(CLOUD)
    await jira.limits({"kind": "quota", "points": 10, "window": 4})
    run = await runs.of(jira)
    async with fetcher(issues_per_task=5), fetcher(issues_per_task=5):
        await run.request()
        await run.fetched()
    await assert_complete(run, jira)
    assert {family for family, _ in adopted} == {""}
