"""Documents that name something by a name which nobody had yet: they are made again once somebody has it."""

from collections.abc import AsyncIterator, Sequence

from pydantic import BaseModel, ConfigDict
from pymongo import ReplaceOne

from shared.groups import groups
from shared.kinds import EntityKind
from shared.mongo import PAGE, Database, Document

_AT_ONCE = 50  # names in one `$in`: the embedded store compares each document with each of them


class Unsettled(BaseModel):
    """One document of Windshift, and the names in it: `issue:ABC-7` for a key, `user:kim` for a login."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str  # the document's `_id`
    import_id: str
    site: str
    project_id: str
    project_key: str
    kind: EntityKind
    jira_id: str
    names: tuple[str, ...]


class UnsettledDocuments:
    """Collection `unsettled`."""

    def __init__(self, database: Database) -> None:
        self._collection = database["unsettled"]

    async def ensure_indexes(self) -> None:
        """Asked for by name when names become known, and by run for the account."""
        await self._collection.create_index([("site", 1), ("names", 1)])
        await self._collection.create_index([("import_id", 1), ("project_key", 1)])

    async def put(self, entries: Sequence[Unsettled]) -> None:
        """Store entries, each in place of an earlier one of the same document."""
        if entries:
            await self._collection.bulk_write(
                [ReplaceOne({"_id": one.id}, _to_document(one), upsert=True) for one in entries],
                ordered=False,
            )

    async def drop(self, ids: Sequence[str]) -> None:
        """Remove the entries of documents that want no more names."""
        for some in groups(ids, _AT_ONCE):
            await self._collection.delete_many({"_id": {"$in": some}})

    async def names(self, site: str) -> list[str]:
        """Return every name that documents of a site want."""
        return list(await self._collection.distinct("names", {"site": site}))

    async def wanting(self, site: str, names: Sequence[str]) -> AsyncIterator[list[Unsettled]]:
        """Iterate, some at a time, over the documents that want one of the names; one may come twice."""
        for some in groups(names, _AT_ONCE):
            query: Document = {"site": site, "names": {"$in": some}}
            cursor = self._collection.find(query, batch_size=_AT_ONCE)
            while page := await cursor.to_list(_AT_ONCE):
                yield [_from_document(document) for document in page]

    async def of_project(self, import_id: str, project_key: str) -> AsyncIterator[Unsettled]:
        """Iterate over what one import of a project left unsettled."""
        query = {"import_id": import_id, "project_key": project_key}
        async for document in self._collection.find(query, batch_size=PAGE):
            yield _from_document(document)


def _to_document(entry: Unsettled) -> Document:
    fields = entry.model_dump()
    return {"_id": fields.pop("id"), **fields}


def _from_document(document: Document) -> Unsettled:
    return Unsettled(id=document["_id"], **{name: value for name, value in document.items() if name != "_id"})
