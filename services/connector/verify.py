"""One verification: what Jira has now beside what Windshift's store has now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.connector.comparison import KindComparison, ProjectComparison, compare
from services.connector.expectations import RESTRICTED, as_imported
from services.connector.jira_access import JiraAccess
from services.connector.report_kinds import Told, Window, are_identical, kind_report
from services.connector.schemas.report import Against, VerifiedKind, VerifiedProject
from services.connector.verify_now import Now
from services.connector.verify_walk import READ_AGAIN, Walk
from shared.jira.client import JiraClient
from shared.jira.jql import scope_of
from shared.kinds import EntityKind
from shared.mongo import Document, Store
from shared.state import DeadLetters
from shared.state.connections import Connection
from shared.state.imports import Import, ProjectRun

_KEPT: Final = Window(limit=1000)  # of each list; the totals count all
_COMPARED: Final = (
    "compared with Jira: issues, comments and worklogs by id and time of change, attachments and links by "
    "id; all else with what the import read"
)


@dataclass(frozen=True, slots=True)
class Verified:
    """The results as JSON: what is said of all projects together, and each of them."""

    summary: Document
    projects: list[Document]


@dataclass(slots=True)
class Verifier:
    """Verifies one import; while it runs, `issues_read` and `requests` tell how far it is."""

    import_: Import
    runs: Sequence[ProjectRun]
    connection: Connection
    store: Store
    issues_read: int = 0
    _client: JiraClient | None = None

    @property
    def requests(self) -> int:
        """How many were sent to Jira."""
        return self._client.requests if self._client else 0

    async def verify(self, access: JiraAccess) -> Verified:
        """Read all projects again and compare; raises a Refusal when Jira does not let us."""
        async with access.of(self.connection) as self._client:
            seen = [await self._look(run, self._client) for run in self.runs]
        projects = [await self._expected(run, now) for run, now in zip(self.runs, seen, strict=True)]
        compared = await compare(self.store, self.import_.site, projects, contents=True)
        results = [await self._result(*one) for one in zip(self.runs, projects, seen, strict=True)]
        identical = are_identical(kind for one in results for kind in one.kinds.values())
        return Verified(
            summary={
                "documents": compared.documents,
                "identical": identical is not False and not compared.unplaced,
                "notes": [_COMPARED, *([RESTRICTED] if self.import_.restrictions else [])],
                "unplaced": {kind.value: _KEPT.of(ids) for kind, ids in compared.unplaced.items()},
            },
            projects=[one.model_dump(mode="json") for one in results],
        )

    async def _look(self, run: ProjectRun, client: JiraClient) -> Now:
        now = Now()
        walk = Walk.over(client, self.connection, scope_of(run.project_key, *self.import_.restrictions))
        async for things in walk.things():
            await now.add(things, self.store, self.import_.site)
            self.issues_read += len(things.get(EntityKind.ISSUE, ()))
        return now

    async def _expected(self, run: ProjectRun, now: Now) -> ProjectComparison:
        """Return what Jira has now, and of kinds that were not read again, what the import read."""
        project = await as_imported(run, self.store)
        for kind in READ_AGAIN:
            project.kinds[kind] = KindComparison(now.ids[kind], dead=project.of(kind).dead & now.ids[kind])
        return project

    async def _result(self, run: ProjectRun, project: ProjectComparison, now: Now) -> VerifiedProject:
        kinds = {kind.value: await self._kind(run, kind, one, now) for kind, one in project.ordered()}
        return VerifiedProject(key=run.project_key, kinds=kinds)

    async def _kind(
        self, run: ProjectRun, kind: EntityKind, account: KindComparison, now: Now
    ) -> VerifiedKind:
        in_windshift, in_jira = account.changed, now.newer[kind]
        account.changed = in_windshift | in_jira
        account.dead = account.dead - account.stored  # what arrived after all is not lost
        letters = await DeadLetters(self.store.state).of_things(
            run.import_id, run.project_key, kind, _KEPT.of(account.dead)
        )
        told = Told(extra=kind in READ_AGAIN and not self.import_.restrictions, contents=True)
        return VerifiedKind(
            **dict(kind_report(account, letters, _KEPT, told)),
            against=Against.JIRA if kind in READ_AGAIN else Against.IMPORT,
            changed_in_windshift=_KEPT.of(in_windshift),
            changed_in_windshift_total=len(in_windshift),
            changed_in_jira=_KEPT.of(in_jira),
            changed_in_jira_total=len(in_jira),
        )
