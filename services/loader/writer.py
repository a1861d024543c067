"""Idempotent writing with few large commands: insert first, then only what was there already."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import orjson
from bson.errors import BSONError
from pymongo import ReplaceOne
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from shared.errors import TransientError
from shared.mongo import DUPLICATE_KEY, Collection, Database, Document, is_transient

# Ids in one `$in`: the embedded store compares each document with each id (50: 75 us a document, 500: 300).
_LOOK_UP: Final = 50
# Refusals that speak of the server and not of a document: log in, disk, time limits, write conflicts.
_SERVER_CODES: Final = frozenset({13, 18, 24, 46, 50, 112, 202, 251, 262, 11601, 14031})
# What the driver raises for a document that it cannot encode: bad key, bad type, number beyond 64 bits.
_UNENCODABLE: Final = (BSONError, OverflowError, UnicodeError)


class Outcome(StrEnum):
    """What became of a document that is durable now."""

    INSERTED = "inserted"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    STALE = "stale"  # the store holds a newer one


@dataclass(slots=True)
class Written:
    """Outcome by `_id`, and the store's reason by `_id` for what it refuses to hold."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


async def write(database: Database, collection: str, documents: Sequence[Document], *, into: Written) -> None:
    """Write documents of distinct `_id`s; TransientError when the store is away, never for a document."""
    with store_errors(f"writing to {collection}"):
        await _write(database[collection], documents, into)


@contextmanager
def store_errors(doing: str) -> Iterator[None]:
    """Turn every error of the store into TransientError: the batch is read again once the store is well."""
    try:
        yield
    except PyMongoError as error:
        raise TransientError(f"The store failed while {doing}: {error}") from error


async def _write(collection: Collection, documents: Sequence[Document], written: Written) -> None:
    """Write; when a single document makes a whole command fail, halve until it is found."""
    if not documents:
        return
    try:
        present = await _insert(collection, documents, written)
        await _replace(collection, present, written)
    except (*_UNENCODABLE, OperationFailure) as error:
        if isinstance(error, PyMongoError) and _is_the_servers(error):
            raise
        if len(documents) == 1:
            written.refused[documents[0]["_id"]] = f"{type(error).__name__}: {error}"
            return
        middle = len(documents) // 2
        await _write(collection, documents[:middle], written)
        await _write(collection, documents[middle:], written)


async def _insert(collection: Collection, documents: Sequence[Document], written: Written) -> list[Document]:
    """Insert and return those whose `_id` was there already."""
    problems: dict[int, Document] = {}
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        _raise_if_not_durable(error)
        problems = {one["index"]: one for one in error.details["writeErrors"]}
    present = []
    for index, document in enumerate(documents):
        problem = problems.get(index)
        if problem is None:
            written.outcomes[document["_id"]] = Outcome.INSERTED
        elif problem["code"] == DUPLICATE_KEY:
            present.append(document)
        else:
            written.refused[document["_id"]] = _reason(problem)
    return present


async def _replace(collection: Collection, documents: Sequence[Document], written: Written) -> None:
    """Replace what differs and is not newer in the store."""
    if not documents:
        return
    stored = await _stored(collection, documents)
    changed = []
    for document in documents:
        outcome = _compare(document, stored.get(document["_id"]))
        written.outcomes[document["_id"]] = outcome
        if outcome is Outcome.REPLACED:
            changed.append(document)
    if not changed:
        return
    try:
        await collection.bulk_write(
            [ReplaceOne(_unless_newer(document), document) for document in changed], ordered=False
        )
    except BulkWriteError as error:
        _raise_if_not_durable(error)
        for problem in error.details["writeErrors"]:
            identity = changed[problem["index"]]["_id"]
            del written.outcomes[identity]
            written.refused[identity] = _reason(problem)


async def _stored(collection: Collection, documents: Sequence[Document]) -> dict[str, Document]:
    projection = {"hash": 1, "updated": 1}
    if any(document["updated"] is None for document in documents):
        projection["source"] = 1
    found: dict[str, Document] = {}
    for start in range(0, len(documents), _LOOK_UP):
        wanted = [document["_id"] for document in documents[start : start + _LOOK_UP]]
        cursor = collection.find({"_id": {"$in": wanted}}, projection)
        found.update({document["_id"]: document async for document in cursor})
    return found


def _compare(document: Document, stored: Document | None) -> Outcome:
    if stored is None:
        raise TransientError(f"{document['_id']} was removed from the store during the import")
    if stored.get("hash") == document["hash"]:
        return Outcome.UNCHANGED
    newest, mine = stored.get("updated"), document["updated"]
    if newest is not None and (mine is None or newest > mine):
        return Outcome.STALE
    if mine is None and _says_less(document, stored):
        return Outcome.UNCHANGED
    return Outcome.REPLACED


def _says_less(document: Document, stored: Document) -> bool:
    """Tell whether all that Jira says now is stored already, with more.

    Jira shows one user in several sizes (a project's lead without time zone, an assignee with it) and gives
    no time to order them by: the fullest stays, or each import would write them all again.
    """
    if document["source"] in (None, stored.get("source")) or stored.get("source") is None:
        return False  # the same words with another hash: they are transformed anew
    now, known = orjson.loads(document["source"]), orjson.loads(stored["source"])
    return all(name in known and known[name] == value for name, value in now.items())


def _unless_newer(document: Document) -> Document:
    """Guard against another loader that wrote a newer one since `_stored`."""
    guard: list[Document] = [{"updated": None}]
    if document["updated"] is not None:
        guard.append({"updated": {"$lte": document["updated"]}})
    return {"_id": document["_id"], "$or": guard}


def _raise_if_not_durable(error: BulkWriteError) -> None:
    details: Any = error.details
    if details.get("writeConcernErrors") or any(
        one["code"] in _SERVER_CODES for one in details["writeErrors"]
    ):
        raise TransientError(f"The store did not take a batch: {error}") from error


def _is_the_servers(error: PyMongoError) -> bool:
    return is_transient(error) or (isinstance(error, OperationFailure) and error.code in _SERVER_CODES)


def _reason(problem: Document) -> str:
    return f"{problem.get('code')}: {str(problem.get('errmsg'))[:300]}"
