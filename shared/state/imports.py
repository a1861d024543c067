"""Imports and their projects: who started what, where it stands, and how far each project is."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from sys import intern
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass
from pymongo import DESCENDING
from pymongo.errors import BulkWriteError, DuplicateKeyError

from shared.contracts.events import BatchLoaded, KindAccount
from shared.groups import groups
from shared.ids import project_run_id
from shared.jira.jql import OPEN_ISSUES
from shared.kinds import (
    FINAL_STATES,
    LOADED_STATES,
    UNDO_STATES,
    ConflictPolicy,
    Deployment,
    EntityKind,
    State,
    TaskKind,
)
from shared.mongo import PAGE, Database, Document
from shared.state.chores import Chore
from shared.state.retries import Retry, of_retry

# The store's driver makes each name anew: forty of them would be half of a run.
_Kind = Annotated[str, AfterValidator(intern)]


@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="ignore"))
class ProjectRun:
    """One project within one import. A dataclass, a tenth of a model: an import may have thousands.

    `tasks` and `totals` grow while Jira is read, `loaded` while Windshift is written: for the progress bar.
    `account` is exact, from sets of ids, and is there once the project is loaded. `markers` were published,
    the last of them at `fetched_at`. `retries` is the number of the last retry that concerned the project.
    """

    import_id: str
    site: str
    project_key: str
    project_id: str
    name: str = ""
    created_at: datetime | None = None
    dry_run: bool = False
    transform: str = ""  # the version of what makes documents, see `Versions`
    base: str = ""  # the project in the import that this one goes on from; empty: everything is read
    since: datetime | None = None  # when that import was started
    full_at: datetime | None = None  # when everything was read for the last time
    state: State = State.QUEUED
    tasks: dict[_Kind, int] = Field(default_factory=dict)  # that are done, by kind
    totals: dict[_Kind, int] = Field(default_factory=dict)
    loaded: dict[_Kind, int] = Field(default_factory=dict)
    written: int = 0
    dead_lettered: int = 0
    account: dict[_Kind, KindAccount] = Field(default_factory=dict)
    fetched_at: datetime | None = None
    markers: int = 0
    loaded_at: datetime | None = None
    retries: int = 0
    retried_at: datetime | None = None

    @property
    def id(self) -> str:
        """`{import}/{project}`."""
        return project_run_id(self.import_id, self.project_key)

    @property
    def rounds(self) -> tuple[int, int]:
        """The rounds (see `Task`) in which the project is read now, and looked at again for what changed."""
        return 2 * self.retries, 2 * self.retries + 1


_RUN: Final = TypeAdapter(ProjectRun)


def run_of(document: Document) -> ProjectRun:
    """Return the project run of a stored document."""
    return _RUN.validate_python(document)


class PausedBy(StrEnum):
    """Why an import is paused: what a new credential lets go on, and what only its admin does."""

    CREDENTIAL = "credential"
    REQUEST = "request"


class Import(BaseModel):
    """One run over chosen projects, as an admin started it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    connection_id: str
    site: str
    instance_url: str
    instance_name: str = ""
    deployment: Deployment
    project_keys: tuple[str, ...]
    open_issues_only: bool = False
    jql: str = ""  # only these issues of the projects
    full: bool = False  # everything is read, whatever an earlier import has read
    dry_run: bool = False  # nothing is written to Windshift
    conflict_policy: ConflictPolicy = ConflictPolicy.KEEP_WINDSHIFT
    account_id: str = ""  # as whom Jira is read: another account may see other issues
    state: State = State.QUEUED
    paused_by: PausedBy | None = None
    chores: tuple[Chore, ...] = ()
    retry: Retry | None = None  # the last one
    error_message: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def restrictions(self) -> tuple[str, ...]:
        """The JQL of what is imported of each project; none: all of it."""
        return tuple(one for one in (OPEN_ISSUES if self.open_issues_only else "", self.jql) if one)


class ProjectBusyError(Exception):
    """A project of the new import is being imported already, by the import named here."""

    def __init__(self, project_key: str, running_import_id: str) -> None:
        super().__init__(f"Project {project_key} is being imported by job {running_import_id}")
        self.project_key = project_key
        self.running_import_id = running_import_id


class SiteBusyError(ProjectBusyError):
    """An import of the site is being undone, by the id given here: nobody may come to need what goes."""

    def __init__(self, import_id: str) -> None:
        Exception.__init__(self, f"Job {import_id} of the same site is being undone")
        self.running_import_id = import_id


class Imports:
    """Collections `imports` and `import_projects`."""

    def __init__(self, database: Database) -> None:
        self._imports = database["imports"]
        self._projects = database["import_projects"]

    async def ensure_indexes(self) -> None:
        """At most one active run of a project of a site: the index is the lock."""
        await self._projects.create_index(
            [("site", 1), ("project_key", 1)],
            unique=True,
            partialFilterExpression={"active": True},
            name="one_active_run",
        )
        await self._projects.create_index([("import_id", 1)])
        await self._projects.create_index([("site", 1), ("project_id", 1)])

    async def create(self, import_: Import, projects: Sequence[ProjectRun]) -> None:
        """Store a new import and claim its projects; ProjectBusyError when one of them is claimed already.

        The import goes first: were its claims to stand alone after a crash, nobody could ever free them. An
        undo looks for claims after it has begun, so that one of the two sees the other.
        """
        await self.add(import_)
        for some in groups(projects, PAGE):
            try:
                await self._projects.insert_many([_claim(run) for run in some], ordered=False)
            except BulkWriteError as error:
                await self._delete(import_.id)
                refused = some[error.details["writeErrors"][0]["index"]]
                raise await self._busy(refused.site, refused.project_key) from error
        if undone := await self._undone_now(import_.site):
            await self._delete(import_.id)
            raise SiteBusyError(undone)

    async def _delete(self, import_id: str) -> None:
        await self._projects.delete_many({"import_id": import_id})
        await self._imports.delete_one({"_id": import_id})

    async def add(self, import_: Import) -> None:
        """Store an import that claims nothing (one that is refused at once)."""
        fields = import_.model_dump()
        await self._imports.insert_one({"_id": fields.pop("id"), **fields})

    async def get(self, import_id: str) -> Import | None:
        """Return an import, or None."""
        document = await self._imports.find_one({"_id": import_id})
        return _import(document) if document else None

    async def state_of(self, import_id: str) -> State | None:
        """Return just the state."""
        document = await self._imports.find_one({"_id": import_id}, {"state": 1})
        return State(document["state"]) if document else None

    async def standing(self, import_id: str) -> tuple[State, str] | None:
        """Return the state, and the id of the connection: workers ask before every task."""
        document = await self._imports.find_one({"_id": import_id}, {"state": 1, "connection_id": 1})
        return (State(document["state"]), document["connection_id"]) if document else None

    async def states_of(self, import_ids: Iterable[str]) -> dict[str, State]:
        """Return the states of some imports, by their ids."""
        cursor = self._imports.find({"_id": {"$in": list(import_ids)}}, {"state": 1})
        return {document["_id"]: State(document["state"]) async for document in cursor}

    async def takes_records(self, import_id: str) -> bool:
        """Tell whether what an import has read may still be loaded: not once it is cancelled or undone."""
        return await self.state_of(import_id) not in (State.CANCELLED, *UNDO_STATES)

    async def recent(self, limit: int = 100) -> list[Import]:
        """Return the newest imports first."""
        documents = await self._imports.find().sort("created_at", DESCENDING).to_list(limit)
        return [_import(document) for document in documents]

    async def later_ids(self, import_: Import) -> list[str]:
        """Return the ids of the imports of the same site that were started after this one."""
        query = {"site": import_.site, "created_at": {"$gt": import_.created_at}}
        return [document["_id"] async for document in self._imports.find(query, {"_id": 1})]

    async def projects(self, import_id: str, *, offset: int = 0, limit: int = 0) -> list[ProjectRun]:
        """Return project runs of an import, in order of their keys; with `limit` 0 all, maybe thousands."""
        return [run async for run in self.each_project(import_id, offset=offset, limit=limit)]

    async def each_project(
        self, *import_ids: str, offset: int = 0, limit: int = 0
    ) -> AsyncIterator[ProjectRun]:
        """Iterate over the project runs of some imports, in order of their keys; with `limit` 0 over all."""
        query = {"import_id": {"$in": list(import_ids)}}
        cursor = self._projects.find(query, batch_size=PAGE).sort("project_key", 1)
        async for document in cursor.skip(offset).limit(limit):
            yield run_of(document)

    async def has_projects(self, import_id: str) -> bool:
        """Tell whether an import ever took a project: one that was refused at its start has none."""
        return await self._projects.find_one({"import_id": import_id}, {"_id": 1}) is not None

    async def project(self, import_id: str, project_key: str) -> ProjectRun | None:
        """Return one project run, or None."""
        return await self.run(project_run_id(import_id, project_key))

    async def run(self, run: str) -> ProjectRun | None:
        """Return the project run of an id (`{import}/{project}`), or None."""
        document = await self._projects.find_one({"_id": run})
        return run_of(document) if document else None

    async def runs_of(self, site: str, project_id: str, *, limit: int = 50) -> list[ProjectRun]:
        """Return the runs of one project in the imports of a site, the newest first."""
        query = {"site": site, "project_id": project_id}
        documents = await self._projects.find(query).sort("created_at", DESCENDING).to_list(limit)
        return [run_of(document) for document in documents]

    async def projects_of_site(self, site: str) -> set[str]:
        """Return the Jira ids of the projects that are in Windshift, or on their way there."""
        open_or_loaded = {"$nin": [State.FAILED, State.CANCELLED, *UNDO_STATES]}
        query = {"site": site, "state": open_or_loaded, "dry_run": {"$ne": True}}
        cursor = self._projects.find(query, {"project_id": 1})
        return {document["project_id"] async for document in cursor}

    async def set_state(
        self,
        import_id: str,
        state: State,
        *,
        reason: str | None = None,
        only_from: Sequence[State] = (),
        only_in_retry: int | None = None,
        paused_by: PausedBy | None = None,
        chores: Sequence[Chore] = (),
    ) -> bool:
        """Move an import to a state; False when it was not in one of `only_from`, or is in another retry.

        A final state frees the import's projects for the next import. `chores` are owed from now on.
        """
        now = datetime.now(UTC)
        fields: Document = {"state": state, "error_message": reason, "paused_by": paused_by}
        if state in FINAL_STATES:
            fields["completed_at"] = now
        query: Document = {"_id": import_id}
        if only_from:
            query["state"] = {"$in": list(only_from)}
        if only_in_retry is not None:
            query["retry.number"] = of_retry(only_in_retry)
        update: Document = {"$set": fields}
        if chores:
            update["$push"] = {"chores": {"$each": [chore.model_dump() for chore in chores]}}
        changed = (await self._imports.update_one(query, update)).matched_count == 1
        if changed and state is State.RUNNING:
            await self._imports.update_one(
                {"_id": import_id, "started_at": None}, {"$set": {"started_at": now}}
            )
        if changed and state in FINAL_STATES:
            await self._free(import_id)
        return changed

    async def give_up_projects(self, import_id: str) -> None:
        """Free the projects of a cancelled import, and cancel what it had not loaded; may be repeated."""
        await self._projects.update_many(
            {"import_id": import_id, "state": {"$nin": list(FINAL_STATES)}},
            {"$set": {"state": State.CANCELLED}},
        )
        await self._free(import_id)

    async def owe(self, import_id: str, chore: Chore) -> None:
        """Note what is to be done for an import."""
        await self._imports.update_one({"_id": import_id}, {"$push": {"chores": chore.model_dump()}})

    async def claim_again(self, import_id: str) -> None:
        """Claim the projects of an import that has ended; ProjectBusyError when another import has one.

        The same while one of the site is being undone. `close_project` frees them; repeating changes nothing.
        """
        site = ""
        async for run in self.each_project(import_id):
            site = run.site
            try:
                await self._projects.update_one({"_id": run.id}, {"$set": {"active": True}})
            except DuplicateKeyError as error:
                await self._free(import_id)
                raise await self._busy(run.site, run.project_key) from error
        if site and (undone := await self._undone_now(site)):
            await self._free(import_id)
            raise SiteBusyError(undone)

    async def _free(self, import_id: str) -> None:
        await self._projects.update_many({"import_id": import_id}, {"$set": {"active": False}})

    async def _undone_now(self, site: str) -> str | None:
        found = await self._imports.find_one({"site": site, "state": State.UNDOING}, {"_id": 1})
        return found["_id"] if found else None

    async def later(self, import_: Import) -> Import | None:
        """Return an import that was started after this one for one of its projects, and wrote something."""
        query = {
            "site": import_.site,
            "project_keys": {"$in": list(import_.project_keys)},
            "created_at": {"$gt": import_.created_at},
            "state": {"$nin": [State.FAILED, State.UNDONE]},
            "dry_run": {"$ne": True},
        }
        document = await self._imports.find_one(query, sort=[("created_at", DESCENDING)])
        return _import(document) if document else None

    async def waiting_for_credential(self, connection_id: str) -> list[Import]:
        """Return the imports that a dead credential of a connection paused."""
        query = {
            "connection_id": connection_id,
            "state": State.PAUSED,
            "paused_by": PausedBy.CREDENTIAL,
        }
        return [_import(document) for document in await self._imports.find(query).to_list(None)]

    async def owing(self) -> list[Import]:
        """Return the imports with chores that nobody has finished yet."""
        documents = await self._imports.find({"chores.0": {"$exists": True}}).to_list(None)
        return [_import(document) for document in documents]

    async def settle(self, import_id: str, chore: Chore) -> None:
        """Note that a chore is done."""
        await self._imports.update_one({"_id": import_id}, {"$pull": {"chores": {"id": chore.id}}})

    async def use_connection(self, import_id: str, connection_id: str) -> None:
        """Let an import go on with another credential for the same site."""
        await self._imports.update_one({"_id": import_id}, {"$set": {"connection_id": connection_id}})

    async def task_done(
        self, import_id: str, project_key: str, kind: TaskKind, counts: Mapping[str, int]
    ) -> None:
        """Count a task, and raise what is known to be in Jira; called once for each task.

        It may come late, from a process that stood still: a closed project has its exact account.
        """
        totals = {f"totals.{name}": count for name, count in counts.items()}
        closed = sorted(FINAL_STATES | UNDO_STATES)
        await self._projects.update_one(
            {"_id": project_run_id(import_id, project_key), "state": {"$nin": closed}},
            {"$inc": {f"tasks.{kind}": 1, **totals}, "$set": {"state": State.RUNNING}},
        )

    async def fold_batch(self, event: BatchLoaded, *, record: str) -> bool:
        """Add a batch to the progress; False (and no change) for one that another record told of before.

        The same for what was read twice and came behind the marker: an account that is closed has it already.
        The same record may come again after a crash: it changes nothing either, and is answered with True,
        since whatever follows it may not have been done.
        """
        run = project_run_id(event.import_id, event.project_key)
        mark, told_by = f"folded.{event.partition}", f"folded_by.{event.partition}"
        increments: dict[str, int] = {f"loaded.{kind}": count for kind, count in event.loaded.items()}
        result = await self._projects.update_one(
            {
                "_id": run,
                mark: {"$not": {"$gte": event.first_offset}},
                "state": {"$nin": sorted(LOADED_STATES)},
            },
            {
                "$inc": {
                    **increments,
                    "written": event.written,
                    "dead_lettered": event.dead_lettered,
                },
                "$set": {mark: event.last_offset, told_by: record},
            },
        )
        if result.modified_count == 1:
            return True
        return await self._projects.find_one({"_id": run, told_by: record}, {"_id": 1}) is not None

    async def close_project(
        self,
        import_id: str,
        project_key: str,
        account: Mapping[EntityKind, KindAccount],
        *,
        retry: int = 0,
    ) -> None:
        """Store the exact account of a loaded project and free it; repeating changes nothing.

        A project that was given up or undone stays so, although its marker may have been on its way; so does
        one that is in another retry than its marker.
        """
        complete = all(kind.missing == 0 and kind.dead_lettered == 0 for kind in account.values())
        await self._projects.update_one(
            {
                "_id": project_run_id(import_id, project_key),
                "state": {"$nin": [State.CANCELLED, *UNDO_STATES]},
                "retries": of_retry(retry),
            },
            {
                "$set": {
                    "state": State.COMPLETED if complete else State.COMPLETED_WITH_ERRORS,
                    "active": False,
                    "account": {kind.value: asdict(counts) for kind, counts in account.items()},
                    "totals": {kind.value: counts.jira for kind, counts in account.items()},
                    "loaded": {kind.value: counts.windshift for kind, counts in account.items()},
                    "dead_lettered": sum(counts.dead_lettered for counts in account.values()),
                    "loaded_at": datetime.now(UTC),
                }
            },
        )

    async def _busy(self, site: str, project_key: str) -> ProjectBusyError:
        running = await self._projects.find_one({"site": site, "project_key": project_key, "active": True})
        return ProjectBusyError(project_key, running["import_id"] if running else "unknown")


def _claim(run: ProjectRun) -> Document:
    return {"_id": run.id, **asdict(run), "active": run.state not in FINAL_STATES}


def _import(document: Document) -> Import:
    return Import(id=document["_id"], **{k: v for k, v in document.items() if k != "_id"})
