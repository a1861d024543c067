"""From the stored import to the wizard's words."""

from collections.abc import Sequence
from typing import Final

from services.connector.outlook import Outlook
from services.connector.schemas.jobs import (
    JobAnswer,
    JobListed,
    PreviousImport,
    Progress,
    ProjectProgress,
    RemapProgress,
)
from shared.kinds import FINAL_STATES, LOADED_STATES, EntityKind, State
from shared.state.imports import Import, ProjectRun
from shared.state.remaps import Remap

# The wizard polls until it reads `completed` or `failed`, and shows a reason on `failed` only.
STATUS: Final = {
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.PAUSED: "failed",
    State.COMPLETED: "completed",
    State.COMPLETED_WITH_ERRORS: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "failed",
    State.UNDOING: "failed",
    State.UNDONE: "failed",
}
_PHASE: Final = {
    State.QUEUED: "initializing",
    State.COMPLETED: "completed",
    State.COMPLETED_WITH_ERRORS: "completed",
}
_SCOPE: Final = "work_items"


def to_job(
    import_: Import,
    runs: Sequence[ProjectRun],
    remaps: Sequence[Remap] = (),
    outlook: Outlook = Outlook(),  # noqa: B008 - it is frozen
) -> JobAnswer:
    """Return what `jobs/{id}` answers."""
    return JobAnswer(
        job_id=import_.id,
        status=STATUS[import_.state],
        phase=_phase(import_, runs),
        progress=_progress(import_, runs),
        error_message=_reason(import_),
        started_at=import_.started_at,
        completed_at=import_.completed_at,
        state=import_.state,
        dry_run=import_.dry_run or None,
        projects=[
            ProjectProgress(
                key=run.project_key,
                state=run.state,
                totals=_known(run),
                loaded=run.loaded,
                goes_on_from=run.base.partition("/")[0] or None,
            )
            for run in runs
        ],
        remap=_remap(remaps),
        retries=import_.retry.number if import_.retry else None,
        waiting_for=outlook.waiting_for,
        eta_seconds=outlook.eta_seconds,
    )


def _remap(remaps: Sequence[Remap]) -> RemapProgress | None:
    if not remaps:
        return None
    finished = [remap.finished_at for remap in remaps if remap.finished_at is not None]
    complete = len(finished) == len(remaps)
    return RemapProgress(
        state=State.COMPLETED if complete else State.RUNNING,
        total=sum(remap.total for remap in remaps),
        done=sum(remap.done for remap in remaps),
        changed=sum(remap.changed for remap in remaps),
        requested_at=max(remap.requested_at for remap in remaps),
        completed_at=max(finished) if complete else None,
    )


def to_listed(import_: Import, runs: Sequence[ProjectRun]) -> JobListed:
    """Return what `jobs` answers for one of them."""
    return JobListed(
        id=import_.id,
        connection_id=import_.connection_id,
        instance_url=import_.instance_url or None,
        instance_name=import_.instance_name or None,
        status=STATUS[import_.state],
        phase=_phase(import_, runs),
        scope=_SCOPE,
        progress=_progress(import_, runs),
        error_message=_reason(import_),
        created_at=import_.created_at,
        started_at=import_.started_at,
        completed_at=import_.completed_at,
        state=import_.state,
        project_keys=list(import_.project_keys),
    )


def to_previous(import_: Import, runs: Sequence[ProjectRun]) -> PreviousImport:
    """Return what `previous-imports` answers for one of them."""
    return PreviousImport(
        job_id=import_.id,
        connection_id=import_.connection_id,
        status=STATUS[import_.state],
        project_keys=list(import_.project_keys),
        workspace_count=len(runs),
        item_count=_sum(runs, EntityKind.ISSUE, loaded=True),
        created_at=import_.created_at,
        completed_at=import_.completed_at,
    )


def _phase(import_: Import, runs: Sequence[ProjectRun]) -> str | None:
    return _PHASE.get(import_.state, "importing_project") if runs else None


def _reason(import_: Import) -> str | None:
    if import_.error_message is None and STATUS[import_.state] == "failed":
        return f"The import is {import_.state}."
    return import_.error_message


def _progress(import_: Import, runs: Sequence[ProjectRun]) -> Progress | None:
    if not runs:  # refused at the start: there is nothing to show
        return None
    open_runs = [run for run in runs if run.state not in FINAL_STATES]
    return Progress(
        completed_projects=sum(run.state in LOADED_STATES for run in runs),
        current_project=(open_runs or runs[-1:])[0].project_key,
        failed_issues=_failed(import_, runs),
        imported_attachments=_sum(runs, EntityKind.ATTACHMENT, loaded=True),
        imported_comments=_sum(runs, EntityKind.COMMENT, loaded=True),
        imported_issues=_sum(runs, EntityKind.ISSUE, loaded=True),
        phase=_PHASE.get(import_.state, "importing_project"),
        total_attachments=_sum(runs, EntityKind.ATTACHMENT, loaded=False),
        total_comments=_sum(runs, EntityKind.COMMENT, loaded=False),
        total_issues=_sum(runs, EntityKind.ISSUE, loaded=False),
        total_projects=len(runs),
    )


def _failed(import_: Import, runs: Sequence[ProjectRun]) -> int:
    """Count everything that did not arrive: it is the only number of that sort which the wizard shows."""
    counted = sum(
        sum(kind.missing + kind.dead_lettered for kind in run.account.values())
        if run.account
        else run.dead_lettered
        for run in runs
    )
    return max(counted, 1) if import_.state is State.COMPLETED_WITH_ERRORS else counted


def _sum(runs: Sequence[ProjectRun], kind: EntityKind, *, loaded: bool) -> int:
    return sum((run.loaded if loaded else _known(run)).get(kind, 0) for run in runs)


def _known(run: ProjectRun) -> dict[str, int]:
    """Count what is in Jira for sure: some is loaded before its task ends, which is when it is counted."""
    if run.state in FINAL_STATES:
        return run.totals
    kinds = (*run.totals, *(kind for kind in run.loaded if kind not in run.totals))
    return {kind: max(run.totals.get(kind, 0), run.loaded.get(kind, 0)) for kind in kinds}
