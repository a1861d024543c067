"""Dead letters: what could not be handled, with the reason; part of the import's account until it arrives."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pymongo import UpdateOne

from shared.contracts.events import BlobRef
from shared.id_sets import IdSet
from shared.ids import project_run_id
from shared.kinds import OF_AN_ISSUE, EntityKind
from shared.mongo import Database, Document


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
    retried_by: str | None = None  # the task that tries again; a new failure takes it away
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


class Choice(NamedTuple):
    """Which letters of an import are meant; nothing chosen means all that are not resolved."""

    project_key: str | None = None
    kind: str | None = None
    code: str | None = None
    names: Sequence[str] | None = None


class DeadLetters:
    """Collection `dead_letters`."""

    def __init__(self, database: Database) -> None:
        self._collection = database["dead_letters"]

    async def ensure_indexes(self) -> None:
        """Letters are read per project of an import."""
        await self._collection.create_index([("run", 1), ("kind", 1)])

    async def add(self, letters: Sequence[DeadLetter]) -> None:
        """Store letters; repeating is free."""
        if not letters:
            return
        await self._collection.bulk_write(
            [
                UpdateOne(
                    {"_id": letter.key},
                    {"$set": {**letter.model_dump(), "run": _run(letter)}},
                    upsert=True,
                )
                for letter in letters
            ],
            ordered=False,
        )

    async def mark_retried(self, keys: Sequence[str], task: str) -> None:
        """Note which task tries again for some letters."""
        await self._collection.update_many(
            {"_id": {"$in": list(keys)}, "resolved_at": None}, {"$set": {"retried_by": task}}
        )

    async def resolve(self, keys: Sequence[str]) -> None:
        """Note that things arrived after all: their letters are in no account any more."""
        if keys:
            await self._collection.update_many(
                {"_id": {"$in": list(keys)}, "resolved_at": None},
                {"$set": {"resolved_at": datetime.now(UTC)}},
            )

    async def get(self, import_id: str, name: str) -> DeadLetter | None:
        """Return one letter, or None."""
        document = await self._collection.find_one({"_id": f"{import_id}/{name}"})
        return DeadLetter.model_validate(document) if document else None

    async def issues(self, run: str) -> IdSet | None:
        """Return the issues of which something has a letter; None if such letters name no issue."""
        issues = IdSet()
        query = {"run": run, "kind": {"$in": sorted(OF_AN_ISSUE)}, "resolved_at": None}
        async for letter in self._collection.find(query, {"issue_id": 1}):
            if not letter.get("issue_id"):
                return None
            issues.update([letter["issue_id"]])
        return issues

    async def of_project(self, import_id: str, project_key: str) -> AsyncIterator[DeadLetter]:
        """Iterate over the unresolved letters of one project of an import, in order of their ids."""
        query = {"run": project_run_id(import_id, project_key), "resolved_at": None}
        async for document in self._collection.find(query).sort("_id", 1):
            yield DeadLetter.model_validate(document)

    async def page(
        self, import_id: str, choice: Choice, *, after: str = "", limit: int, unretried: bool = False
    ) -> list[DeadLetter]:
        """Return unresolved letters behind the one called `after`, in order of their names.

        With `unretried`, those that no task tries again already.
        """
        query = _query(import_id, choice, after)
        if unretried:
            query["retried_by"] = None
        documents = await self._collection.find(query).sort("_id", 1).to_list(limit)
        return [DeadLetter.model_validate(document) for document in documents]

    async def count(self, import_id: str, choice: Choice, *, unretried: bool = False) -> int:
        """Count unresolved letters."""
        query = _query(import_id, choice, "")
        return await self._collection.count_documents(query | ({"retried_by": None} if unretried else {}))

    async def ids(self, import_id: str, project_key: str) -> dict[str, IdSet]:
        """Return the ids of all unresolved letters of one project of an import, by kind."""
        found: dict[str, IdSet] = {}
        query = {"run": project_run_id(import_id, project_key), "resolved_at": None}
        async for letter in self._collection.find(query, {"_id": 0, "kind": 1, "id": 1}):
            found.setdefault(letter["kind"], IdSet()).update([letter["id"]])
        return found

    async def of_things(
        self, import_id: str, project_key: str, kind: EntityKind, ids: Sequence[str]
    ) -> list[DeadLetter]:
        """Return the unresolved letters of some things, in the order of their ids, without payloads."""
        prefix = f"{project_run_id(import_id, project_key)}/{kind}/"
        query = {"_id": {"$in": [prefix + id_ for id_ in ids]}, "resolved_at": None}
        found = await self._collection.find(query, {"payload": 0}).to_list(None)
        letters = {letter["id"]: DeadLetter.model_validate(letter) for letter in found}
        return [letters[id_] for id_ in ids if id_ in letters]


def _query(import_id: str, choice: Choice, after: str) -> Document:
    """The names lie in a range of `_id`s; everything else is sifted out of that."""
    prefix = f"{import_id}/"
    if choice.project_key:
        prefix += f"{choice.project_key}/"
    ids: dict[str, Any] = {"$gte": prefix, "$lt": f"{prefix[:-1]}0"}  # '0' comes right after '/'
    if after:
        ids["$gt"] = f"{import_id}/{after}"
    if choice.names is not None:
        ids["$in"] = [f"{import_id}/{name}" for name in choice.names]
    chosen = {"kind": choice.kind, "code": choice.code}
    return {"_id": ids, "resolved_at": None, **{name: value for name, value in chosen.items() if value}}


def _run(letter: DeadLetter) -> str:
    return project_run_id(letter.import_id, letter.project_key)
