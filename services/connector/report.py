"""The closing account of an import, computed at the moment that somebody asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.connector.comparison import KindComparison, ProjectComparison, compare
from services.connector.expectations import FINDS_MORE, Read, as_imported, what_was_read
from services.connector.report_kinds import Told, Window, are_identical, kind_report, lost
from services.connector.schemas.report import (
    FailedTask,
    FindingExample,
    FindingReport,
    KindReport,
    ProjectReport,
    Report,
    VerificationNamed,
)
from shared.kinds import LOADED_STATES, UNDO_STATES, EntityKind, TaskKind
from shared.mongo import Store
from shared.state import State as StateDb
from shared.state.findings import FindingCode
from shared.state.imports import Import, ProjectRun

# At 20,000 documents a second or so; a proxy may end a request after 30 s.
_COMPARED_AT_ONCE: Final = 300_000
_TOO_MANY: Final = (
    "contents were not compared: of so many documents it takes longer than a request may. "
    "Verify the import, or ask with `contents=true`"
)


async def report_on(
    import_: Import, runs: Sequence[ProjectRun], store: Store, *, window: Window, contents: bool | None
) -> Report:
    """Compare what the import read of Jira with Windshift's store, for some of its projects.

    With `contents` None they are compared unless there are too many for one request. Of an undone import
    nothing is. A project takes up to 100 KB of memory.
    """
    state = StateDb(store)
    if import_.state in UNDO_STATES:
        return await _undone(import_, state)
    projects = [await as_imported(run, store) for run in runs]
    if contents is None:
        expected = sum(len(kind.expected) for one in projects for kind in one.kinds.values())
        contents = expected <= _COMPARED_AT_ONCE
    later = await state.imports.later_ids(import_)
    compared = await compare(store, import_.site, projects, contents=contents, passed_over=later)
    writer = _Writer(import_, state, window, contents, await state.findings.counts(import_.id))
    reports = [await writer.project(run, one) for run, one in zip(runs, projects, strict=True)]
    kinds = [kind for report in reports for kind in report.kinds.values()]
    unreadable = await state.dead_letters.of_no_entity(import_.id, limit=window.limit)
    ended = bool(runs) and import_.state in LOADED_STATES
    balanced = ended and writer.found_all and not any(kind.totals.missing for kind in kinds)
    return Report(
        job_id=import_.id,
        state=import_.state,
        balanced=balanced,
        identical=are_identical(kinds) if balanced and not compared.unplaced and not unreadable else False,
        documents=compared.documents,
        notes=[*_only(import_, runs), *([] if contents else [_TOO_MANY]), *writer.notes],
        unplaced={kind.value: window.of(ids) for kind, ids in compared.unplaced.items()},
        projects_total=len(import_.project_keys),
        projects=reports,
        unreadable=[lost(letter) for letter in unreadable],
        verification=await _newest_verification(import_, state),
    )


@dataclass(slots=True)
class _Writer:
    """Writes the report of one project after the other, with what all of them have to say together."""

    import_: Import
    state: StateDb
    window: Window
    contents: bool
    findings: Mapping[str, Mapping[str, int]]  # counts by project and code
    notes: list[str] = field(default_factory=list)
    found_all: bool = True  # all that Jira has is in the account

    async def project(self, run: ProjectRun, project: ProjectComparison) -> ProjectReport:
        shown: list[FailedTask] = []
        failed: list[TaskKind] = []
        async for task, reason in self.state.ledger.failed(run.import_id, run.project_key):
            failed.append(task.kind)
            if self.window.offset < len(failed) <= self.window.offset + self.window.limit:
                shown.append(FailedTask(id=task.id, kind=task.kind, reason=reason))
        self.found_all &= FINDS_MORE.isdisjoint(failed)
        read = what_was_read(self.import_, run, project, failed)
        if read.why:
            self.notes.append(f"{run.project_key}: {read.why}")
        return ProjectReport(
            key=run.project_key,
            state=run.state,
            kinds={kind.value: await self._kind(run, kind, one, read) for kind, one in project.ordered()},
            findings={code: await self._findings(run, code, count) for code, count in self._counted(run)},
            tasks_failed=shown,
            tasks_failed_total=len(failed),
        )

    async def _kind(
        self, run: ProjectRun, kind: EntityKind, account: KindComparison, read: Read
    ) -> KindReport:
        letters = await self.state.dead_letters.of_things(
            run.import_id, run.project_key, kind, self.window.of(account.dead)
        )
        return kind_report(
            account, letters, self.window, Told(kind in read.whole, self.contents, self.import_.dry_run)
        )

    def _counted(self, run: ProjectRun) -> list[tuple[str, int]]:
        return sorted(self.findings.get(run.project_key, {}).items())

    async def _findings(self, run: ProjectRun, code: str, count: int) -> FindingReport:
        examples = await self.state.findings.page(
            run.import_id,
            run.project_key,
            FindingCode(code),
            offset=self.window.offset,
            limit=self.window.limit,
        )
        shown = [FindingExample(kind=one.kind, id=one.id, detail=one.detail) for one in examples]
        return FindingReport(count=count, examples=shown)


def _only(import_: Import, runs: Sequence[ProjectRun]) -> list[str]:
    """Say which projects a report is about, unless it is about all of them."""
    if not runs or len(runs) == len(import_.project_keys):
        return []
    which = runs[0].project_key if len(runs) == 1 else f"{runs[0].project_key} to {runs[-1].project_key}"
    return [
        f"{which}: all that this report says is about {len(runs)} of {len(import_.project_keys)} projects. "
        "`projects_offset` and `projects_limit` choose others, `project` one of them"
    ]


async def _undone(import_: Import, state: StateDb) -> Report:
    return Report(
        job_id=import_.id,
        state=import_.state,
        balanced=None,
        identical=None,
        documents=0,
        notes=[import_.error_message or ""],
        unplaced={},
        projects_total=len(import_.project_keys),
        projects=[],
        verification=await _newest_verification(import_, state),
    )


async def _newest_verification(import_: Import, state: StateDb) -> VerificationNamed | None:
    found = await state.verifications.newest(import_.id)
    if found is None:
        return None
    return VerificationNamed(
        verification_id=found.id,
        state=found.state,
        requested_at=found.requested_at,
        ended_at=found.ended_at,
        identical=found.summary.get("identical"),
    )
