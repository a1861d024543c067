"""The wizard's words for where an import stands."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.connector.jobs import Sums, to_job, to_listed, to_previous
from shared.contracts.events import KindAccount
from shared.kinds import Deployment, State
from shared.state.imports import Import, ProjectRun

NOW = datetime(2026, 11, 23, 22, 29, 31, tzinfo=UTC)


def an_import(state: State, **more: Any) -> Import:
    fields: dict[str, Any] = {
        "id": "i", "connection_id": "c", "site": "s", "instance_url": "https://a", "project_keys": ("A", "B")
    }  # fmt: skip
    return Import(deployment=Deployment.CLOUD, state=state, created_at=NOW, **{**fields, **more})


def a_run(key: str, state: State, **more: Any) -> ProjectRun:
    return ProjectRun(import_id="i", site="s", project_key=key, project_id="1", state=state, **more)


async def each(*runs: ProjectRun) -> AsyncIterator[ProjectRun]:
    for run in runs:
        yield run


def sums(*runs: ProjectRun) -> Sums:
    added = Sums()
    for run in runs:
        added.add(run)
    return added


@pytest.mark.parametrize(
    ("state", "status", "phase"),
    [
        (State.QUEUED, "queued", "initializing"),
        (State.RUNNING, "running", "importing_project"),
        (State.PAUSED, "failed", "importing_project"),
        (State.COMPLETED, "completed", "completed"),
        (State.COMPLETED_WITH_ERRORS, "completed", "completed"),
        (State.FAILED, "failed", "importing_project"),
        (State.CANCELLED, "failed", "importing_project"),
        (State.UNDOING, "failed", "importing_project"),
        (State.UNDONE, "failed", "importing_project"),
    ],
)
async def test_every_state_has_a_word_that_the_wizard_knows(state: State, status: str, phase: str) -> None:
    job = (await to_job(an_import(state), each(a_run("A", State.RUNNING)))).model_dump(mode="json")

    assert (job["status"], job["phase"], job["state"]) == (status, phase, state)
    assert ("error_message" in job) is (status == "failed")


async def test_a_refused_start_shows_its_reason_and_no_progress() -> None:
    failed = an_import(State.FAILED, error_message="No.", started_at=NOW, completed_at=NOW)
    job = (await to_job(failed, each())).model_dump(mode="json")

    assert list(job) == [
        "job_id", "status", "error_message", "started_at", "completed_at", "state", "projects",
        "waiting_for", "eta_seconds",
    ]  # fmt: skip
    assert (job["error_message"], job["started_at"]) == ("No.", "2026-11-23T22:29:31Z")


async def test_progress_adds_up_over_projects() -> None:
    runs = [
        a_run("A", State.COMPLETED, totals={"issue": 5, "comment": 2}, loaded={"issue": 5, "comment": 2}),
        a_run("B", State.RUNNING, totals={"issue": 7, "attachment": 3}, loaded={"issue": 1}, dead_lettered=1),
    ]
    progress = (await to_job(an_import(State.RUNNING), each(*runs))).progress
    assert progress is not None
    assert progress.model_dump() == {
        "completed_projects": 1,
        "current_project": "B",
        "failed_issues": 1,
        "imported_attachments": 0,
        "imported_comments": 2,
        "imported_issues": 6,
        "phase": "importing_project",
        "total_attachments": 3,
        "total_comments": 2,
        "total_issues": 12,
        "total_projects": 2,
    }


async def test_a_partial_success_has_at_least_one_failed_issue() -> None:
    lost = KindAccount(jira=4, windshift=1, missing=2, dead_lettered=1)
    ended = an_import(State.COMPLETED_WITH_ERRORS)
    for run, failed in (
        (a_run("A", State.COMPLETED), 1),
        (a_run("A", State.COMPLETED, account={"c": lost}), 3),
    ):
        progress = (await to_job(ended, each(run))).progress
        assert progress is not None
        assert progress.failed_issues == failed


def test_the_list_and_the_previous_imports_name_their_projects() -> None:
    runs = [a_run("A", State.COMPLETED, loaded={"issue": 60})]
    listed = to_listed(an_import(State.COMPLETED), sums(*runs)).model_dump(mode="json")
    previous = to_previous(an_import(State.COMPLETED), sums(*runs))

    assert (listed["scope"], listed["project_keys"], listed["status"]) == (
        "work_items",
        ["A", "B"],
        "completed",
    )
    assert "instance_name" not in listed
    assert (previous.workspace_count, previous.item_count) == (1, 60)


async def test_what_has_arrived_is_known_to_be_in_jira_before_it_is_counted_there() -> None:
    """A task's things are counted when it is done, and some are loaded by then: 40 of 1 would be nonsense."""
    running = a_run("A", State.RUNNING, totals={"issue": 1, "comment": 9}, loaded={"issue": 40, "link": 2})
    closed = a_run("B", State.COMPLETED, totals={"issue": 1}, loaded={"issue": 2})
    job = await to_job(an_import(State.RUNNING), each(running, closed))

    assert job.progress is not None
    assert (job.progress.imported_issues, job.progress.total_issues) == (42, 41)
    assert job.projects[0].totals == {"issue": 40, "comment": 9, "link": 2}
    assert job.projects[1].totals == {"issue": 1}
