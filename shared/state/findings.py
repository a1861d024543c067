"""Findings: what is worth knowing about a thing that did arrive; no failure, part of the import's account."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from hashlib import blake2b

from pydantic import BaseModel, ConfigDict

from shared.groups import groups
from shared.kinds import EntityKind
from shared.mongo import PAGE, Database, Document, aggregate, insert_missing

_AT_ONCE = 50  # ids in one `$in`: the embedded store compares each document with each of them


class FindingCode(StrEnum):
    """What was observed; the detail says the rest."""

    VALUE_KEPT_RAW = "value_kept_raw"  # did not fit the field: kept as Jira gave it
    USER_UNKNOWN = "user_unknown"  # named in a text, and nobody that was imported
    FILE_UNKNOWN = "file_unknown"  # shown in a text, and none that was imported
    LINK_OUTSIDE = "link_outside"  # to an issue that was not imported (yet)
    MADE_PRIVATE = "made_private"  # restricted in Jira, so private here
    NAMES_HIDDEN = "names_hidden"  # Jira tells how many watch or vote, and not who
    TEXT_DAMAGED = "text_damaged"  # with characters that are no text: U+FFFD stands for them
    CONFLICT = "conflict"  # edited in Windshift, and changed or deleted in Jira since
    WOULD_REPLACE = "would_replace"  # a dry run's: another version is in Windshift


class Finding(BaseModel):
    """One observation about one entity; the same one again is the same finding."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    import_id: str
    project_key: str
    kind: EntityKind
    id: str
    code: FindingCode
    detail: str = ""

    @property
    def key(self) -> str:
        """`_id` of the finding: deterministic, so that a batch that is read again adds nothing."""
        told = blake2b(self.detail.encode(errors="replace"), digest_size=6).hexdigest()
        return f"{self.import_id}/{self.project_key}/{self.kind}/{self.id}/{self.code}/{told}"


class Findings:
    """Collection `findings`."""

    def __init__(self, database: Database) -> None:
        self._collection = database["findings"]

    async def ensure_indexes(self) -> None:
        """Findings are counted and listed by import, project and code."""
        await self._collection.create_index([("import_id", 1), ("project_key", 1), ("code", 1)])

    async def add(self, findings: Sequence[Finding]) -> None:
        """Store findings in one command; repeating changes nothing."""
        documents = {one.key: one for one in findings}
        await insert_missing(
            self._collection, [{"_id": key, **one.model_dump()} for key, one in documents.items()]
        )

    async def counts(self, import_id: str) -> dict[str, dict[str, int]]:
        """Return how many findings each project of an import has, by code."""
        counted: dict[str, dict[str, int]] = defaultdict(dict)
        pipeline: list[Document] = [
            {"$match": {"import_id": import_id}},
            {"$group": {"_id": {"project": "$project_key", "code": "$code"}, "count": {"$sum": 1}}},
        ]
        async for group in aggregate(self._collection, pipeline):
            counted[group["_id"]["project"]][group["_id"]["code"]] = group["count"]
        return dict(counted)

    async def of_project(
        self, import_id: str, project_key: str, code: FindingCode | None = None
    ) -> AsyncIterator[Finding]:
        """Iterate over the findings of one project of an import, in order of their ids."""
        query: Document = {"import_id": import_id, "project_key": project_key}
        if code is not None:
            query["code"] = code
        async for document in self._collection.find(query, batch_size=PAGE).sort("_id", 1):
            yield Finding.model_validate(document)

    async def page(
        self, import_id: str, project_key: str, code: FindingCode, *, offset: int, limit: int
    ) -> list[Finding]:
        """Return some of the findings of one sort, in order of their ids."""
        query = {"import_id": import_id, "project_key": project_key, "code": code}
        cursor = self._collection.find(query).sort("_id", 1).skip(offset).limit(limit)
        return [Finding.model_validate(document) for document in await cursor.to_list(limit)]

    async def clear(self, import_id: str, project_key: str, code: FindingCode) -> None:
        """Remove all findings of one sort from one project of an import."""
        await self._collection.delete_many({"import_id": import_id, "project_key": project_key, "code": code})

    async def resolve(self, import_id: str, kind: EntityKind, code: FindingCode, ids: Sequence[str]) -> None:
        """Remove what is true no more of some entities, whichever project of the import told of them."""
        for some in groups(ids, _AT_ONCE):
            await self._collection.delete_many(
                {"import_id": import_id, "kind": kind, "code": code, "id": {"$in": some}}
            )

    async def withdraw(self, findings: Sequence[Finding]) -> None:
        """Remove findings that are true no more."""
        for keys in groups((one.key for one in findings), _AT_ONCE):
            await self._collection.delete_many({"_id": {"$in": keys}})
