"""From the stored import to the wizard's words."""

from collections import Counter
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Sums:
    """What the projects of an import come to; fed one by one, since all of thousands would take megabytes."""

    projects: int = 0
    completed: int = 0
    failed: int = 0  # things that did not arrive
    open: str = ""  # the first project that is
    last: str = ""
    known: Counter[str] = field(default_factory=Counter)  # things in Jira, by kind
    loaded: Counter[str] = field(default_factory=Counter)

    def add(self, run: ProjectRun) -> None:
        """Add a project, in order of their keys."""
        self.projects += 1
        self.completed += run.state in LOADED_STATES
        self.failed += _failed(run)
        if run.state not in FINAL_STATES:
            self.open = self.open or run.project_key
        self.last = run.project_key
        self.known.update(_known(run))
        self.loaded.update(run.loaded)


async def to_job(
    import_: Import,
    runs: AsyncIterable[ProjectRun],
    remaps: Sequence[Remap] = (),
    outlook: Outlook = Outlook(),  # noqa: B008 - it is frozen
) -> JobAnswer:
    """Return what `jobs/{id}` answers."""
    sums, projects = Sums(), []
    async for run in runs:
        sums.add(run)
        projects.append(_project(run))
    return JobAnswer(
        job_id=import_.id,
        status=STATUS[import_.state],
        phase=_phase(import_, sums),
        progress=_progress(import_, sums),
        error_message=_reason(import_),
        started_at=import_.started_at,
        completed_at=import_.completed_at,
        state=import_.state,
        dry_run=import_.dry_run or None,
        projects=projects,
        remap=_remap(remaps),
        retries=import_.retry.number if import_.retry else None,
        waiting_for=outlook.waiting_for,
        eta_seconds=outlook.eta_seconds,
    )


def _project(run: ProjectRun) -> ProjectProgress:
    return ProjectProgress(
        key=run.project_key,
        state=run.state,
        totals=_known(run),
        loaded=run.loaded,
        goes_on_from=run.base.partition("/")[0] or None,
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


def to_listed(import_: Import, sums: Sums) -> JobListed:
    """Return what `jobs` answers for one of them."""
    return JobListed(
        id=import_.id,
        connection_id=import_.connection_id,
        instance_url=import_.instance_url or None,
        instance_name=import_.instance_name or None,
        status=STATUS[import_.state],
        phase=_phase(import_, sums),
        scope=_SCOPE,
        progress=_progress(import_, sums),
        error_message=_reason(import_),
        created_at=import_.created_at,
        started_at=import_.started_at,
        completed_at=import_.completed_at,
        state=import_.state,
        project_keys=list(import_.project_keys),
    )


def to_previous(import_: Import, sums: Sums) -> PreviousImport:
    """Return what `previous-imports` answers for one of them."""
    return PreviousImport(
        job_id=import_.id,
        connection_id=import_.connection_id,
        status=STATUS[import_.state],
        project_keys=list(import_.project_keys),
        workspace_count=sums.projects,
        item_count=sums.loaded[EntityKind.ISSUE],
        created_at=import_.created_at,
        completed_at=import_.completed_at,
    )


def _phase(import_: Import, sums: Sums) -> str | None:
    return _PHASE.get(import_.state, "importing_project") if sums.projects else None


def _reason(import_: Import) -> str | None:
    if import_.error_message is None and STATUS[import_.state] == "failed":
        return f"The import is {import_.state}."
    return import_.error_message


def _progress(import_: Import, sums: Sums) -> Progress | None:
    if not sums.projects:  # refused at the start: there is nothing to show
        return None
    # It is the only number of what did not arrive that the wizard shows.
    at_least = 1 if import_.state is State.COMPLETED_WITH_ERRORS else 0
    return Progress(
        completed_projects=sums.completed,
        current_project=sums.open or sums.last,
        failed_issues=max(sums.failed, at_least),
        imported_attachments=sums.loaded[EntityKind.ATTACHMENT],
        imported_comments=sums.loaded[EntityKind.COMMENT],
        imported_issues=sums.loaded[EntityKind.ISSUE],
        phase=_PHASE.get(import_.state, "importing_project"),
        total_attachments=sums.known[EntityKind.ATTACHMENT],
        total_comments=sums.known[EntityKind.COMMENT],
        total_issues=sums.known[EntityKind.ISSUE],
        total_projects=sums.projects,
    )


def _failed(run: ProjectRun) -> int:
    """Count everything of a project that did not arrive."""
    if not run.account:
        return run.dead_lettered
    return sum(kind.missing + kind.dead_lettered for kind in run.account.values())


def _known(run: ProjectRun) -> dict[str, int]:
    """Count what is in Jira for sure: some is loaded before its task ends, which is when it is counted."""
    if run.state in FINAL_STATES:
        return run.totals
    kinds = (*run.totals, *(kind for kind in run.loaded if kind not in run.totals))
    return {kind: max(run.totals.get(kind, 0), run.loaded.get(kind, 0)) for kind in kinds}
