"""Dead letters: what could not be handled, with the reason; part of the import's account until it arrives."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pymongo import UpdateOne

from shared.contracts.events import BlobRef
from shared.groups import groups
from shared.id_sets import IdSet
from shared.ids import project_run_id
from shared.kinds import OF_AN_ISSUE, EntityKind
from shared.mongo import PAGE, Database, Document

TASK_FAILED: Final = "task_failed"
_AT_ONCE: Final = 50  # ids in one `$in`: the embedded store compares each document with each of them


class Way(StrEnum):
    """How something is tried again."""

    TASK = "task"  # what its task was to read is read from Jira again
    PAYLOAD = "payload"  # what was read is kept, and sent to the loaders again
    ISSUE = "issue"  # it was not kept: the issue that it hangs on is read again


class DeadLetter(BaseModel):
    """One thing that did not arrive. The same thing failing again replaces its letter.

    What could not be loaded is kept as it was read (`payload` or `payload_blob`, `updated`, `content`), to be
    published again. What could not be fetched names the task that would have brought it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    import_id: str
    project_key: str
    kind: EntityKind | str  # an entity's kind, or one that this version does not know
    id: str
    issue_id: str | None = None  # that this is, or hangs on
    stage: str  # fetch or load
    code: str
    reason: str
    jira_message: str | None = None
    payload: str | None = None  # the record's JSON, where it is small enough
    payload_blob: BlobRef | None = None  # the same, in the blob store
    updated: int | None = None  # as in EntityFetched
    content: BlobRef | None = None
    task: str | None = None
    way: Way | None = None  # how it can be tried again, if it can; follows from the rest when it is stored
    retried_by: str | None = None  # who tries again, a task in the end; a new failure takes it away
    resolved_at: datetime | None = None
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    @property
    def key(self) -> str:
        """`_id` of the letter: deterministic, so that a repeated task writes no second one."""
        return f"{self.import_id}/{self.name}"

    @property
    def name(self) -> str:
        """What the letter is called within its import: `{project}/{kind}/{id}`."""
        return f"{self.project_key}/{self.kind}/{self.id}"

    @property
    def issue(self) -> str | None:
        """The issue to read again, so that this comes once more."""
        return self.id if self.kind == EntityKind.ISSUE else self.issue_id


class Choice(BaseModel):
    """Which letters of an import are meant; nothing chosen means all that are not resolved."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    project_key: str | None = None
    kind: str | None = None
    code: str | None = None
    names: tuple[str, ...] | None = None


_WAITING: Final[Document] = {"retried_by": None, "way": {"$ne": None}}


class DeadLetters:
    """Collection `dead_letters`."""

    def __init__(self, database: Database) -> None:
        self._collection = database["dead_letters"]

    async def ensure_indexes(self) -> None:
        """Letters are read per project of an import, and by who tries them again or is to blame."""
        await self._collection.create_index([("run", 1), ("kind", 1)])
        await self._collection.create_index("retried_by")
        await self._collection.create_index("task")

    async def add(self, letters: Sequence[DeadLetter]) -> None:
        """Store letters; repeating is free."""
        if not letters:
            return
        await self._collection.bulk_write(
            [
                UpdateOne(
                    {"_id": letter.key},
                    {"$set": {**letter.model_dump(), "way": _way(letter), "run": _run(letter)}},
                    upsert=True,
                )
                for letter in letters
            ],
            ordered=False,
        )

    async def issues(self, run: str) -> IdSet | None:
        """Return the issues of which something has a letter; None if such letters name no issue."""
        issues = IdSet()
        query = {"run": run, "kind": {"$in": sorted(OF_AN_ISSUE)}, "resolved_at": None}
        async for letter in self._collection.find(query, {"issue_id": 1}, batch_size=PAGE):
            if not letter.get("issue_id"):
                return None
            issues.update([letter["issue_id"]])
        return issues

    async def of_project(self, import_id: str, project_key: str) -> AsyncIterator[DeadLetter]:
        """Iterate over the unresolved letters of one project of an import, in order of their ids."""
        query = {"run": project_run_id(import_id, project_key), "resolved_at": None}
        async for document in self._collection.find(query, batch_size=_AT_ONCE).sort("_id", 1):
            yield DeadLetter.model_validate(document)

    async def blobs_among(self, blob_ids: Sequence[str]) -> set[str]:
        """Return those of some blobs that an unresolved letter of any import names."""
        found: set[str] = set()
        for member in ("payload_blob", "content"):
            query = {f"{member}.blob_id": {"$in": list(blob_ids)}, "resolved_at": None}
            async for letter in self._collection.find(query, {f"{member}.blob_id": 1}):
                found.add(letter[member]["blob_id"])
        return found

    async def page(self, import_id: str, choice: Choice, *, after: str = "", limit: int) -> list[DeadLetter]:
        """Return unresolved letters behind the one called `after`, by their names and without payloads."""
        query = _query(import_id, choice)
        if after:
            query["_id"]["$gt"] = f"{import_id}/{after}"
        documents = await self._collection.find(query, {"payload": 0}).sort("_id", 1).to_list(limit)
        return [DeadLetter.model_validate(document) for document in documents]

    async def count(self, import_id: str, choice: Choice, *, waiting: bool = False) -> int:
        """Count unresolved letters; with `waiting`, those that could be tried again and are not."""
        more = _WAITING if waiting else {}
        return sum(
            [await self._collection.count_documents(query | more) for query in _queries(import_id, choice)]
        )

    async def choose(self, import_id: str, choice: Choice, by: str) -> None:
        """Let `by` have the letters that could be tried again and are not."""
        for query in _queries(import_id, choice):
            await self._collection.update_many(query | _WAITING, {"$set": {"retried_by": by}})

    async def unknown(self, import_id: str, names: Sequence[str]) -> list[str]:
        """Return those of some names that no letter of an import ever had."""
        known: set[str] = set()
        for query in _queries(import_id, Choice(names=tuple(names))):
            del query["resolved_at"]
            known.update([letter["_id"] async for letter in self._collection.find(query, {"_id": 1})])
        return [name for name in names if f"{import_id}/{name}" not in known]

    async def chosen_tasks(self, by: str, run: str) -> list[str]:
        """Return the tasks that were to bring what `by` has of one project, and is to be read again."""
        query = {"retried_by": by, "run": run, "way": Way.TASK}
        return list(await self._collection.distinct("task", query))

    async def chosen(self, by: str, *, limit: int | None = None, **members: Any) -> list[DeadLetter]:
        """Return letters that `by` has, of some members, in order of their names and without payloads."""
        cursor = self._collection.find({"retried_by": by, **members}, {"payload": 0}).sort("_id", 1)
        return [DeadLetter.model_validate(letter) for letter in await cursor.to_list(limit)]

    async def with_payloads(self, by: str) -> AsyncIterator[DeadLetter]:
        """Iterate over the letters that `by` has."""
        async for letter in self._collection.find({"retried_by": by}, batch_size=_AT_ONCE):
            yield DeadLetter.model_validate(letter)

    async def hand_over(self, by: str, to: str, **members: Any) -> None:
        """Let `to` have letters that `by` has."""
        await self._collection.update_many({"retried_by": by, **members}, {"$set": {"retried_by": to}})

    async def give_back(self, by: str) -> None:
        """Let nobody have what `by` has."""
        await self._collection.update_many({"retried_by": by}, {"$set": {"retried_by": None}})

    async def are_taken_up(self, task: str) -> bool:
        """Tell whether all that a task was to bring has arrived or is tried again; no if nothing names it."""
        cursor = self._collection.find({"task": task}, {"resolved_at": 1, "retried_by": 1})
        taken = [bool(letter["resolved_at"] or letter["retried_by"]) async for letter in cursor]
        return bool(taken) and all(taken)

    async def resolve(self, by: str) -> None:
        """Note that what `by` has arrived after all: it is in no account any more, unless it fails again."""
        await self._collection.update_many(
            {"retried_by": by, "resolved_at": None}, {"$set": {"resolved_at": datetime.now(UTC)}}
        )

    async def fail_again(self, by: str, reason: str, jira_message: str | None) -> int:
        """Write a newer reason into the letters that `by` has and take them from it; return how many."""
        mine = {"retried_by": by, "resolved_at": None}
        fields = {
            "code": TASK_FAILED,
            "reason": reason,
            "jira_message": jira_message,
            "at": datetime.now(UTC),
        }
        await self._collection.update_many({**mine, "way": Way.TASK}, {"$set": {"task": by}})
        changed = await self._collection.update_many(mine, {"$set": {**fields, "retried_by": None}})
        return changed.matched_count

    async def ids(self, import_id: str, project_key: str) -> dict[str, IdSet]:
        """Return the ids of all unresolved letters of one project of an import, by kind."""
        found: dict[str, IdSet] = {}
        query = {"run": project_run_id(import_id, project_key), "resolved_at": None}
        fields = {"_id": 0, "kind": 1, "id": 1}
        async for letter in self._collection.find(query, fields, batch_size=PAGE):
            found.setdefault(letter["kind"], IdSet()).update([letter["id"]])
        return found

    async def of_no_entity(self, import_id: str, *, limit: int) -> list[DeadLetter]:
        """Return unresolved letters about messages, and about kinds that this version does not know."""
        query = _query(import_id, Choice()) | {"kind": {"$nin": [kind.value for kind in EntityKind]}}
        documents = await self._collection.find(query).sort("_id", 1).to_list(limit)
        return [DeadLetter.model_validate(document) for document in documents]

    async def of_things(
        self, import_id: str, project_key: str, kind: EntityKind, ids: Sequence[str]
    ) -> list[DeadLetter]:
        """Return the unresolved letters of some things, in the order of their ids, without payloads."""
        prefix = f"{project_run_id(import_id, project_key)}/{kind}/"
        query = {"_id": {"$in": [prefix + id_ for id_ in ids]}, "resolved_at": None}
        found = await self._collection.find(query, {"payload": 0}).to_list(None)
        letters = {letter["id"]: DeadLetter.model_validate(letter) for letter in found}
        return [letters[id_] for id_ in ids if id_ in letters]


def _query(import_id: str, choice: Choice) -> Document:
    """The names lie in a range of `_id`s; everything else is sifted out of that."""
    prefix = f"{import_id}/"
    if choice.project_key:
        prefix += f"{choice.project_key}/"
    ids = {"$gte": prefix, "$lt": f"{prefix[:-1]}0"}  # '0' comes right after '/'
    chosen = {"kind": choice.kind, "code": choice.code}
    return {"_id": ids, "resolved_at": None, **{name: value for name, value in chosen.items() if value}}


def _queries(import_id: str, choice: Choice) -> Iterator[Document]:
    """The same, or for names that are chosen, some of them at once."""
    query = _query(import_id, choice)
    if choice.names is None:
        yield query
    for keys in groups((f"{import_id}/{name}" for name in choice.names or ()), _AT_ONCE):
        yield {**query, "_id": {**query["_id"], "$in": keys}}


def _way(letter: DeadLetter) -> Way | None:
    if letter.stage == "fetch":
        return Way.TASK if letter.task else None
    if letter.stage != "load":
        return None
    if letter.payload or letter.payload_blob:
        return Way.PAYLOAD
    return Way.ISSUE if letter.issue else None


def _run(letter: DeadLetter) -> str:
    return project_run_id(letter.import_id, letter.project_key)
