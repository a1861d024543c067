"""The closing account of an import, computed at the moment that somebody asks."""

from collections.abc import Sequence

from services.connector.schemas.report import FailedTask, KindReport, LostThing, ProjectReport, Report
from shared.kinds import State, TaskKind
from shared.mongo import Store
from shared.reconcile import KindReconciliation, reconcile
from shared.state import State as StateDb
from shared.state.dead_letters import DeadLetter
from shared.state.imports import Import, ProjectRun

_ENDED = frozenset({State.COMPLETED, State.COMPLETED_WITH_ERRORS})
# What these would have found is in no account: without them nobody can say that nothing is missing.
_FINDS_MORE = frozenset({TaskKind.PROJECT, TaskKind.LIST})


async def report_on(import_: Import, runs: Sequence[ProjectRun], store: Store) -> Report:
    """Compare Jira's ids with Windshift's, project by project."""
    projects = [await _project(import_, run, store) for run in runs]
    whole = not any(kind.missing for project in projects for kind in project.kinds.values())
    found = not any(task.kind in _FINDS_MORE for project in projects for task in project.tasks_failed)
    return Report(
        job_id=import_.id,
        state=import_.state,
        balanced=whole and found and bool(projects) and import_.state in _ENDED,
        projects=projects,
    )


async def _project(import_: Import, run: ProjectRun, store: Store) -> ProjectReport:
    kinds = await reconcile(store, site=import_.site, import_id=import_.id, project_key=run.project_key)
    failed = StateDb(store).ledger.failed(import_.id, run.project_key)
    return ProjectReport(
        key=run.project_key,
        state=run.state,
        kinds={kind.value: _kind(account) for kind, account in sorted(kinds.items())},
        tasks_failed=[FailedTask(id=task.id, kind=task.kind, reason=reason) async for task, reason in failed],
    )


def _kind(account: KindReconciliation) -> KindReport:
    return KindReport(
        jira=len(account.expected),
        windshift=len(account.stored),
        missing=list(account.missing),
        dead_lettered=[_lost(letter) for _, letter in sorted(account.dead.items())],
    )


def _lost(letter: DeadLetter) -> LostThing:
    return LostThing(id=letter.id, reason=letter.reason, jira_message=letter.jira_message)


def as_table(report: Report) -> str:
    """Return the account as plain text, one line for each kind of each project."""
    header = ("project", "kind", "in Jira", "in Windshift", "dead-lettered", "missing")
    rows = [header] + [
        (
            project.key,
            kind,
            *(str(n) for n in (account.jira, account.windshift)),
            *(str(len(ids)) for ids in (account.dead_lettered, account.missing)),
        )
        for project in report.projects
        for kind, account in project.kinds.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    failed = [f"task given up: {task.id}: {task.reason}" for p in report.projects for task in p.tasks_failed]
    verdict = "balanced" if report.balanced else "NOT BALANCED"
    return "\n".join([*(line.rstrip() for line in lines), *failed, f"{report.state}: {verdict}", ""])
