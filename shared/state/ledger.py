"""The task ledger: every task of every import, with what it fetched (design, rules 2 and 6)."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.id_sets import IdSet
from shared.ids import project_run_id, task_id
from shared.kinds import EntityKind, TaskKind
from shared.mongo import Database, Document, aggregate, insert_missing

# Tasks in one answer of the store, where each may name thousands of ids; by itself it sends 16 MB at once.
_AT_ONCE: Final = 20
UNTAKEN: Final = timedelta(hours=1)  # a message waits that long before its task is published once more


class TaskState(StrEnum):
    """A task is pending until its entities and follow-ups are acknowledged by the broker."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    RETRIED = "retried"  # it had failed; other tasks do now what it was to do


class Fate(StrEnum):
    """What became of an issue that a task asked for by its id; the value is a member of the task's record."""

    ABSENT = "absent"  # Jira does not give it: deleted, hidden or archived
    PRESENT = "present"  # still in the project, though the walk over its issues did not show it
    MOVED = "moved"  # read, and no longer among the issues that are imported of this project
    LEFT = "left"  # for a project that is not in Windshift: there, as far as that is concerned, it is gone


@dataclass(frozen=True, slots=True)
class Listed:
    """What one round of a project says of its issues; `whole` if its walk came to the end."""

    ids: IdSet = field(default_factory=IdSet)
    absent: IdSet = field(default_factory=IdSet)
    present: IdSet = field(default_factory=IdSet)
    moved: IdSet = field(default_factory=IdSet)
    left: IdSet = field(default_factory=IdSet)
    whole: bool = False

    def then(self, later: "Listed") -> "Listed":
        """Return what is known after a later round that looked at some issues only."""
        return Listed(
            ids=(self.ids - later.absent) | later.present,
            absent=(self.absent | later.absent) - later.present,
            present=(self.present - later.absent) | later.present,
            moved=self.moved | later.moved,
            left=self.left | later.left,
            whole=self.whole,
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What one task published: ids by kind, and those that hang on an issue also by that issue.

    An issue of `issues` that was itself read has its own id among them.
    """

    shared: Mapping[str, Sequence[str]]
    issues: Sequence[Mapping[str, Any]]  # {"id": of the issue, kind: ids, …}


@dataclass(frozen=True, slots=True)
class Task:
    """One task as the ledger holds it; `spec` is what the task's kind needs to know.

    A project is read in rounds: 0 is the import, 1 looks again for what changed meanwhile; 2 is the first
    retry of what failed, 3 looks again after that, and so on.
    `owner` is the process that has it in hands, and `losses` how often such a process fell silent.
    """

    import_id: str
    project_key: str
    kind: TaskKind
    ordinal: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    site: str = ""
    round: int = 0
    state: TaskState = TaskState.PENDING
    listing: Mapping[str, Any] | None = None
    updated_at: datetime | None = None
    owner: str | None = None
    losses: int = 0

    @property
    def id(self) -> str:
        """`{import}/{project}/{kind}/{ordinal}`; from round 1 on, its number stands before the ordinal."""
        ordinal = f"{self.round}-{self.ordinal}" if self.round else self.ordinal
        return task_id(self.import_id, self.project_key, self.kind, ordinal)

    @property
    def run(self) -> str:
        """The project of the import that this task belongs to."""
        return project_run_id(self.import_id, self.project_key)

    @property
    def retry(self) -> int:
        """The retry that this task belongs to; 0 for the import itself."""
        return self.round // 2


class Ledger:
    """Collection `tasks`; who has which of them in hands is the business of `Leases`."""

    def __init__(self, database: Database) -> None:
        self._collection = database["tasks"]

    async def ensure_indexes(self) -> None:
        """What of a project is pending, and what did its tasks fetch."""
        await self._collection.create_index([("run", 1), ("state", 1)])

    async def register(self, tasks: Sequence[Task], *, untaken: timedelta = UNTAKEN) -> None:
        """Enter tasks as pending, due again after a while; those that are there already stay as they are."""
        due_at = datetime.now(UTC) + untaken
        await insert_missing(self._collection, [_to_document(task) | {"due_at": due_at} for task in tasks])

    async def get(self, id_: str) -> Task | None:
        """Return a task, or None when no such task was ever registered."""
        document = await self._collection.find_one({"_id": id_}, {"manifest": 0, "issues": 0})
        return task_of(document) if document else None

    async def keep_listing(self, task: Task, listing: Mapping[str, Any]) -> Mapping[str, Any]:
        """Remember the page that a list task read; the first page read wins over a repeated one.

        Follow-up tasks are cut from what this returns, so a repeated task cuts the same ones.
        """
        await self._collection.update_one(
            {"_id": task.id, "listing": None}, {"$set": {"listing": dict(listing)}}
        )
        document = await self._collection.find_one({"_id": task.id}, {"listing": 1})
        return listing if document is None else document["listing"] or listing

    async def finish(
        self,
        task: Task,
        manifest: Mapping[EntityKind, Iterable[str]],
        *,
        issues: Mapping[str, Mapping[EntityKind, Iterable[str]]] | None = None,
        fates: Mapping[Fate, Sequence[str]] | None = None,
    ) -> bool:
        """Mark a task done with the ids it published, some by issue; False if it is closed or not ours."""
        fields: Document = {
            "manifest": _sorted(manifest),
            "issues": [{"id": id_, **_sorted(of_issue)} for id_, of_issue in sorted((issues or {}).items())],
            **{fate.value: list(ids) for fate, ids in (fates or {}).items() if ids},
        }
        return await self._close(task, {"state": TaskState.DONE, **fields})

    async def fail(self, task: Task, reason: str) -> bool:
        """Mark a task failed for good; False if it is closed or not ours."""
        return await self._close(task, {"state": TaskState.FAILED, "error": reason})

    async def _close(self, task: Task, fields: Document) -> bool:
        result = await self._collection.update_one(
            {"_id": task.id, "state": TaskState.PENDING, "owner": task.owner},
            {"$set": {**fields, "updated_at": datetime.now(UTC)}},
        )
        return result.modified_count == 1

    async def has_pending(self, import_id: str, project_key: str) -> bool:
        """Tell whether any task of the project still waits or runs."""
        query = {
            "run": project_run_id(import_id, project_key),
            "state": TaskState.PENDING,
        }
        return await self._collection.find_one(query, {"_id": 1}) is not None

    async def has_any(self, run: str, round_: int, kind: TaskKind) -> bool:
        """Tell whether there is any task of a kind in a round of a project."""
        query = {"run": run, "round": round_, "kind": kind}
        return await self._collection.find_one(query, {"_id": 1}) is not None

    async def count_pending(self, import_id: str) -> dict[TaskKind, int]:
        """Count the tasks of an import that wait or run, by kind."""
        pipeline: list[Document] = [
            {"$match": {"import_id": import_id, "state": TaskState.PENDING}},
            {"$group": {"_id": "$kind", "count": {"$sum": 1}}},
        ]
        return {TaskKind(one["_id"]): one["count"] async for one in aggregate(self._collection, pipeline)}

    async def pending(self, import_id: str, project_key: str) -> AsyncIterator[Task]:
        """Iterate over the pending tasks of a project, to publish them again."""
        query = {
            "run": project_run_id(import_id, project_key),
            "state": TaskState.PENDING,
        }
        fields = {"manifest": 0, "issues": 0}
        async for document in self._collection.find(query, fields, batch_size=_AT_ONCE):
            yield task_of(document)

    async def failed(self, import_id: str, project_key: str) -> AsyncIterator[tuple[Task, str]]:
        """Iterate over the tasks of a project that were given up, each with the reason."""
        query = {
            "run": project_run_id(import_id, project_key),
            "state": TaskState.FAILED,
        }
        fields = {"manifest": 0, "issues": 0}
        async for document in self._collection.find(query, fields, batch_size=_AT_ONCE).sort("_id", 1):
            yield task_of(document), str(document.get("error") or "")

    async def retire(self, task: Task) -> None:
        """Note that others do now what a failed task was to do."""
        await self._collection.update_one(
            {"_id": task.id, "state": TaskState.FAILED}, {"$set": {"state": TaskState.RETRIED}}
        )

    async def readings(self, run: str, round_: int) -> AsyncIterator[Reading]:
        """Iterate over what the tasks of one round of a project published."""
        query = {"run": run, "round": round_, "state": TaskState.DONE}
        fields = {"manifest": 1, "issues": 1}
        async for document in self._collection.find(query, fields, batch_size=_AT_ONCE):
            yield Reading(document.get("manifest") or {}, document.get("issues") or ())

    async def last_listed(self, run: str, *, before: int | None = None) -> Listed | None:
        """Return the issues as last known, in rounds before one; None if no walk came to its end."""
        rounds = await self.listings(run)
        return last_of({round_: one for round_, one in rounds.items() if before is None or round_ < before})

    async def listings(self, run: str) -> dict[int, Listed]:
        """Return what each round of a project says of its issues."""
        rounds: dict[int, _Pages] = defaultdict(_Pages)
        query = {"run": run, "kind": {"$in": [TaskKind.LIST, TaskKind.ISSUES]}}
        fields = dict.fromkeys(["kind", "state", "round", "spec.walk", "listing", *Fate], 1)
        async for document in self._collection.find(query, fields, batch_size=_AT_ONCE):
            rounds[document.get("round", 0)].add(document)
        return {round_: pages.listed() for round_, pages in rounds.items()}


@dataclass(slots=True)
class _Pages:
    """What the tasks of one round say of the issues."""

    ids: IdSet = field(default_factory=IdSet)
    fates: Mapping[Fate, IdSet] = field(default_factory=lambda: {fate: IdSet() for fate in Fate})
    pending: bool = False
    ended: bool = False

    def add(self, document: Document) -> None:
        for fate, ids in self.fates.items():
            ids.update(document.get(fate, ()))
        if document["kind"] != TaskKind.LIST or document["spec"].get("walk"):
            return  # these are only a part of the issues
        self.pending |= document["state"] != TaskState.DONE
        if listing := document["listing"]:
            self.ids.update(listing["ids"])
            self.ended |= listing["next"] is None

    def listed(self) -> Listed:
        fates = Listed(
            absent=self.fates[Fate.ABSENT],
            present=self.fates[Fate.PRESENT],
            moved=self.fates[Fate.MOVED],
            left=self.fates[Fate.LEFT],
        )
        return Listed(self.ids, whole=self.ended and not self.pending).then(fates)


def last_of(rounds: Mapping[int, Listed]) -> Listed | None:
    """Return the issues of the last round that listed them all, with what later ones say of some."""
    later = Listed()
    for _, listed in sorted(rounds.items(), reverse=True):
        if listed.whole:
            return listed.then(later)
        later = listed.then(later)
    return None


def _sorted(manifest: Mapping[EntityKind, Iterable[str]]) -> dict[str, list[str]]:
    ids = {kind.value: sorted(set(jira_ids)) for kind, jira_ids in manifest.items()}
    return {kind: found for kind, found in ids.items() if found}


def _to_document(task: Task) -> Document:
    return {
        "_id": task.id,
        "run": task.run,
        "import_id": task.import_id,
        "project_key": task.project_key,
        "kind": task.kind,
        "ordinal": task.ordinal,
        "spec": dict(task.spec),
        "site": task.site,
        "round": task.round,
        "state": task.state,
        "listing": None,
        "owner": None,
        "updated_at": datetime.now(UTC),
    }


def task_of(document: Document) -> Task:
    """Read a task from its document."""
    return Task(
        import_id=document["import_id"],
        project_key=document["project_key"],
        kind=TaskKind(document["kind"]),
        ordinal=document["ordinal"],
        spec=document["spec"],
        site=document.get("site", ""),
        round=document.get("round", 0),
        state=TaskState(document["state"]),
        listing=document.get("listing"),
        updated_at=document.get("updated_at"),
        owner=document.get("owner"),
        losses=document.get("losses", 0),
    )
