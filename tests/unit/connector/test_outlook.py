"""What a job waits for, and how long it will take: honest, or null."""

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.connector.outlook import Reach, Sample, _extend, eta, waiting_for
from shared.kinds import State, TaskKind, WaitingFor
from shared.state.imports import ProjectRun
from shared.state.sites import SiteState

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
QUIET = SiteState()
LIMITED = SiteState(limited_until=NOW + timedelta(seconds=40))


def a_run(**given: Any) -> ProjectRun:
    given = {"import_id": "i", "site": "s", "project_key": "P", "project_id": "1", **given}
    return ProjectRun(**{"state": State.RUNNING, **given})


def reach(*runs: ProjectRun) -> Reach:
    reached = Reach()
    for run in runs:
        reached.add(run)
    return reached


def sample(seconds_ago: float, tasks: int, loaded: int) -> Sample:
    return Sample(NOW - timedelta(seconds=seconds_ago), tasks, loaded)


def told(run: ProjectRun, pending: dict[TaskKind, int], site: SiteState = QUIET) -> int | None:
    done, loaded = sum(run.tasks.values()), sum(run.loaded.values())
    return eta(reach(run), pending, sample(60, 0, 0), sample(0, done, loaded), site)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), None),
        ((WaitingFor.JIRA,), WaitingFor.JIRA),
        ((WaitingFor.STORE, WaitingFor.JIRA, WaitingFor.STORE), WaitingFor.STORE),
        ((WaitingFor.JIRA, WaitingFor.JIRA, WaitingFor.JIRA_LIMIT), WaitingFor.JIRA_LIMIT),
        ((WaitingFor.BROKER,), WaitingFor.BROKER),
    ],
)
def test_while_jira_is_read_the_fetchers_say_what_it_waits_for(
    words: tuple[WaitingFor, ...], said: WaitingFor | None
) -> None:
    assert waiting_for(reach(a_run()), SiteState(waiting_for=words)) == said


def test_a_cool_down_is_what_it_waits_for_whatever_else_is_going_on() -> None:
    busy = LIMITED.model_copy(update={"waiting_for": (WaitingFor.JIRA,)})
    assert waiting_for(reach(a_run()), busy) is WaitingFor.JIRA_LIMIT


def test_what_is_read_waits_for_the_store_alone() -> None:
    runs = [a_run(fetched_at=NOW), a_run(state=State.COMPLETED)]
    assert waiting_for(reach(*runs), LIMITED) is WaitingFor.STORE
    assert waiting_for(reach(*runs[1:]), LIMITED) is None


def test_the_rest_takes_as_long_as_it_did_lately() -> None:
    run = a_run(tasks={"issues": 30}, totals={"issue": 3000}, loaded={"issue": 3000})
    assert told(run, {TaskKind.ISSUES: 60}) == 120


def test_what_will_follow_from_issues_is_part_of_the_rest() -> None:
    run = a_run(tasks={"issues": 10, "attachments": 20}, totals={"issue": 1000}, loaded={"issue": 1000})
    assert told(run, {TaskKind.ISSUES: 10, TaskKind.ATTACHMENTS: 10}) == 2 * (20 + 10 * 30 / 10)


def test_a_loader_that_is_slower_than_jira_sets_the_time() -> None:
    run = a_run(tasks={"issues": 60}, totals={"issue": 6000}, loaded={"issue": 1000})
    assert told(run, {TaskKind.ISSUES: 6}) == 300


def test_a_pause_that_jira_asks_for_lengthens_it() -> None:
    run = a_run(tasks={"issues": 30}, totals={"issue": 3000}, loaded={"issue": 3000})
    assert told(run, {TaskKind.ISSUES: 30}, LIMITED) == 100
    assert told(run, {}, LIMITED) == 0  # nothing is left that would have to ask Jira


@pytest.mark.parametrize(
    ("run", "pending"),
    [
        (a_run(tasks={"issues": 30}), {TaskKind.LIST: 1, TaskKind.ISSUES: 5}),  # more may be found
        (a_run(), {TaskKind.ISSUES: 5}),  # nothing is done yet
        (a_run(tasks={"issues": 2}, totals={"issue": 200}, loaded={"issue": 200}), {TaskKind.ISSUES: 5}),
        (a_run(tasks={"issues": 30}, totals={"issue": 3000}), {TaskKind.ISSUES: 5}),  # nothing is loaded
    ],
)
def test_nothing_is_told_where_nothing_is_known(run: ProjectRun, pending: dict[TaskKind, int]) -> None:
    assert told(run, pending) is None


def test_a_standstill_is_no_estimate() -> None:
    run = a_run(tasks={"issues": 30}, totals={"issue": 3000}, loaded={"issue": 3000})
    before, now = (sample(seconds, 30, 3000) for seconds in (60, 0))
    assert eta(reach(run), {TaskKind.ISSUES: 5}, before, now, QUIET) is None


def test_only_the_last_minute_counts_and_something_to_measure_from_stays() -> None:
    samples = deque([sample(3600, 0, 0)])
    for seconds in (90, 70, 50, 0):
        _extend(samples, sample(seconds, 10, 10))
    assert [NOW - one.at for one in samples] == [timedelta(seconds=n) for n in (70, 50, 0)]
    _extend(samples, Sample(NOW + timedelta(hours=1), 20, 20))
    assert [one.tasks for one in samples] == [10, 20]
