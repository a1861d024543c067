"""The task ledger: every task of every import, with what it fetched (design, rules 2 and 6)."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shared.ids import project_run_id, task_id
from shared.kinds import EntityKind, TaskKind
from shared.mongo import Database, Document, insert_missing


class TaskState(StrEnum):
    """A task is pending until its entities and follow-ups are acknowledged by the broker."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Task:
    """One task as the ledger holds it; `spec` is what the task's kind needs to know."""

    import_id: str
    project_key: str
    kind: TaskKind
    ordinal: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    site: str = ""
    state: TaskState = TaskState.PENDING
    listing: Mapping[str, Any] | None = None
    updated_at: datetime | None = None

    @property
    def id(self) -> str:
        """`{import}/{project}/{kind}/{ordinal}`."""
        return task_id(self.import_id, self.project_key, self.kind, self.ordinal)

    @property
    def run(self) -> str:
        """The project of the import that this task belongs to."""
        return project_run_id(self.import_id, self.project_key)


class Ledger:
    """Collection `tasks`."""

    def __init__(self, database: Database) -> None:
        self._collection = database["tasks"]

    async def ensure_indexes(self) -> None:
        """The only questions asked: what of a project is pending, and what did its tasks fetch."""
        await self._collection.create_index([("run", 1), ("state", 1)])

    async def register(self, tasks: Sequence[Task]) -> None:
        """Enter tasks as pending; those that are there already stay as they are."""
        await insert_missing(self._collection, [_to_document(task) for task in tasks])

    async def get(self, id_: str) -> Task | None:
        """Return a task, or None when no such task was ever registered."""
        document = await self._collection.find_one({"_id": id_}, {"manifest": 0})
        return _from_document(document) if document else None

    async def keep_listing(self, task: Task, listing: Mapping[str, Any]) -> Mapping[str, Any]:
        """Remember the page that a list task read; the first page read wins over a repeated one.

        Follow-up tasks are cut from what this returns, so a repeated task cuts the same ones.
        """
        await self._collection.update_one(
            {"_id": task.id, "listing": None}, {"$set": {"listing": dict(listing)}}
        )
        document = await self._collection.find_one({"_id": task.id}, {"listing": 1})
        return listing if document is None else document["listing"] or listing

    async def finish(self, task: Task, manifest: Mapping[EntityKind, Iterable[str]]) -> bool:
        """Mark a task done with the ids it published; False when it was done before."""
        ids = {kind.value: sorted(set(jira_ids)) for kind, jira_ids in manifest.items()}
        return await self._close(
            task,
            {"state": TaskState.DONE, "manifest": {k: v for k, v in ids.items() if v}},
        )

    async def fail(self, task: Task, reason: str) -> bool:
        """Mark a task failed for good; False when it was closed before."""
        return await self._close(task, {"state": TaskState.FAILED, "error": reason})

    async def _close(self, task: Task, fields: Document) -> bool:
        result = await self._collection.update_one(
            {"_id": task.id, "state": TaskState.PENDING},
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

    async def pending(self, import_id: str, project_key: str) -> AsyncIterator[Task]:
        """Iterate over the pending tasks of a project, to publish them again."""
        query = {
            "run": project_run_id(import_id, project_key),
            "state": TaskState.PENDING,
        }
        async for document in self._collection.find(query, {"manifest": 0}):
            yield _from_document(document)

    async def failed(self, import_id: str, project_key: str) -> AsyncIterator[tuple[Task, str]]:
        """Iterate over the tasks of a project that were given up, each with the reason."""
        query = {
            "run": project_run_id(import_id, project_key),
            "state": TaskState.FAILED,
        }
        async for document in self._collection.find(query, {"manifest": 0}).sort("_id", 1):
            yield _from_document(document), str(document.get("error") or "")

    async def manifests(self, import_id: str, project_key: str) -> AsyncIterator[Mapping[str, list[str]]]:
        """Iterate over what each task of a project published: ids by kind; listed issue ids count too."""
        query = {"run": project_run_id(import_id, project_key)}
        async for document in self._collection.find(query, {"manifest": 1, "listing.ids": 1}):
            if listed := (document.get("listing") or {}).get("ids"):
                yield {EntityKind.ISSUE.value: listed}
            if manifest := document.get("manifest"):
                yield manifest


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
        "state": task.state,
        "listing": None,
        "updated_at": datetime.now(UTC),
    }


def _from_document(document: Document) -> Task:
    return Task(
        import_id=document["import_id"],
        project_key=document["project_key"],
        kind=TaskKind(document["kind"]),
        ordinal=document["ordinal"],
        spec=document["spec"],
        site=document.get("site", ""),
        state=TaskState(document["state"]),
        listing=document.get("listing"),
        updated_at=document.get("updated_at"),
    )
