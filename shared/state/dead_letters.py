"""Dead letters: what could not be handled, with the reason; part of the import's account."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field
from pymongo import UpdateOne

from shared.ids import project_run_id
from shared.kinds import EntityKind
from shared.mongo import Database


class DeadLetter(BaseModel):
    """One thing that did not arrive. The same thing failing again replaces its letter."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    import_id: str
    project_key: str
    kind: EntityKind | str  # an entity's kind, or `task` when a whole task failed
    id: str
    stage: str  # fetch or load
    code: str
    reason: str
    jira_message: str | None = None
    payload: str | None = None  # the record's JSON, where it is small enough
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    @property
    def key(self) -> str:
        """`_id` of the letter: deterministic, so that a repeated task writes no second one."""
        return f"{self.import_id}/{self.project_key}/{self.kind}/{self.id}"


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

    async def resolve(self, import_id: str, project_key: str, kind: EntityKind, ids: Iterable[str]) -> None:
        """Remove the letters of things that arrived after all."""
        keys = [f"{import_id}/{project_key}/{kind}/{jira_id}" for jira_id in ids]
        await self._collection.delete_many({"_id": {"$in": keys}})

    async def of_project(self, import_id: str, project_key: str) -> AsyncIterator[DeadLetter]:
        """Iterate over the letters of one project of an import, in order of their ids."""
        cursor = self._collection.find({"run": project_run_id(import_id, project_key)}).sort("_id", 1)
        async for document in cursor:
            yield DeadLetter.model_validate(document)


def _run(letter: DeadLetter) -> str:
    return project_run_id(letter.import_id, letter.project_key)
