"""Idempotent writing with few large commands: insert first, then only what was there already."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import orjson
from bson.errors import BSONError
from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, DocumentTooLarge, OperationFailure, PyMongoError

from services.loader.conflicts import is_edited, told, windshift_wins
from shared.content import CREATED_BY, GONE
from shared.errors import TransientError
from shared.groups import groups
from shared.kinds import ConflictPolicy
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
    KEPT = "kept"  # edited in Windshift: stays as it is there


@dataclass(slots=True)
class Written:
    """By `_id`: outcomes, the store's reasons for what it refuses to hold, and what is told of conflicts."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)


async def write(
    database: Database,
    collection: str,
    documents: Sequence[Document],
    policy: ConflictPolicy,
    *,
    into: Written,
) -> None:
    """Write documents of distinct `_id`s; TransientError when the store is away, never for a document.

    `policy` decides about those that were edited in Windshift.
    """
    with store_errors(f"writing to {collection}"):
        await _write(database[collection], documents, policy, into)


async def foresee(
    database: Database,
    collection: str,
    documents: Sequence[Document],
    policy: ConflictPolicy,
    *,
    into: Written,
) -> None:
    """Find out what `write` would do, and do nothing."""
    with store_errors(f"reading {collection}"):
        stored = await _stored(database[collection], documents)
        present = [document for document in documents if document["_id"] in stored]
        into.outcomes.update({document["_id"]: Outcome.INSERTED for document in documents})
        outcomes = {document["_id"]: _compare(document, stored[document["_id"]]) for document in present}
        into.outcomes.update(outcomes)
        changed = [one for one in present if outcomes[one["_id"]] is Outcome.REPLACED]
        await _uncontested(database[collection], changed, policy, into)


@contextmanager
def store_errors(doing: str) -> Iterator[None]:
    """Turn every error of the store into TransientError: the batch is read again once the store is well."""
    try:
        yield
    except PyMongoError as error:
        raise TransientError(f"The store failed while {doing}: {error}") from error


async def _write(
    collection: Collection, documents: Sequence[Document], policy: ConflictPolicy, written: Written
) -> None:
    """Write; when a single document makes a whole command fail, halve until it is found."""
    if not documents:
        return
    try:
        present = await _insert(collection, documents, written)
        await _replace(collection, present, policy, written)
    except (*_UNENCODABLE, OperationFailure) as error:
        if isinstance(error, PyMongoError) and _is_the_servers(error):
            raise
        if len(documents) == 1:
            written.refused[documents[0]["_id"]] = _objection(error)
            return
        middle = len(documents) // 2
        await _write(collection, documents[:middle], policy, written)
        await _write(collection, documents[middle:], policy, written)


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


async def _replace(
    collection: Collection, documents: Sequence[Document], policy: ConflictPolicy, written: Written
) -> None:
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
    replaceable = await _uncontested(collection, changed, policy, written)
    await _hide(collection, [one for one in changed if written.outcomes[one["_id"]] is Outcome.KEPT])
    changed = replaceable
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


async def _uncontested(
    collection: Collection, changed: Sequence[Document], policy: ConflictPolicy, written: Written
) -> list[Document]:
    """Return what may be replaced; only what Jira changed is read whole, and looked at for edits.

    Whoever replaces a document, it stays the creation of the import that inserted it.
    """
    replaceable = []
    for some in groups(changed, _LOOK_UP):
        group = {document["_id"]: document for document in some}
        async for stored in collection.find({"_id": {"$in": list(group)}}):
            document = group[stored["_id"]]
            document[CREATED_BY] = stored.get(CREATED_BY)
            if is_edited(stored):
                kept = windshift_wins(document, stored, policy)
                written.conflicts[stored["_id"]] = told(document, stored, kept=kept)
                if kept:
                    written.outcomes[stored["_id"]] = Outcome.KEPT
                    continue
            replaceable.append(document)
    return replaceable


async def _hide(collection: Collection, kept: Sequence[Document]) -> None:
    """Make private what Jira restricted, although the rest of it stays as it was edited in Windshift."""
    changes = [
        UpdateOne({"_id": one["_id"]}, {"$set": {"is_private": True, "restrictions": one["restrictions"]}})
        for one in kept
        if one.get("is_private")
    ]
    if changes:
        await collection.bulk_write(changes, ordered=False)


async def _stored(collection: Collection, documents: Sequence[Document]) -> dict[str, Document]:
    projection = {"hash": 1, "updated": 1, GONE: 1}
    if any(document["updated"] is None for document in documents):
        projection["source"] = 1
    found: dict[str, Document] = {}
    for some in groups(documents, _LOOK_UP):
        wanted = [document["_id"] for document in some]
        cursor = collection.find({"_id": {"$in": wanted}}, projection)
        found.update({document["_id"]: document async for document in cursor})
    return found


def _compare(document: Document, stored: Document | None) -> Outcome:
    if stored is None:
        raise TransientError(f"{document['_id']} was removed from the store during the import")
    if stored.get("hash") == document["hash"]:
        return Outcome.REPLACED if stored.get(GONE) else Outcome.UNCHANGED  # it is back in Jira
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
    """Guard against another loader that wrote a newer one since `_stored`; no time is older than any.

    Without `$or`, for which the embedded store reads the whole collection.
    """
    updated = document["updated"]
    return {"_id": document["_id"], "updated": None if updated is None else {"$not": {"$gt": updated}}}


def _raise_if_not_durable(error: BulkWriteError) -> None:
    details: Any = error.details
    if details.get("writeConcernErrors") or any(
        one["code"] in _SERVER_CODES for one in details["writeErrors"]
    ):
        raise TransientError(f"The store did not take a batch: {error}") from error


def _is_the_servers(error: PyMongoError) -> bool:
    return is_transient(error) or (isinstance(error, OperationFailure) and error.code in _SERVER_CODES)


def _objection(error: Exception) -> str:
    """Say what the store has against a document, and not what stands in it: it may be private."""
    if isinstance(error, PyMongoError | DocumentTooLarge):
        return f"{type(error).__name__}: {error}"
    return f"{type(error).__name__}: the document holds what the store cannot"


def _reason(problem: Document) -> str:
    return f"{problem.get('code')}: {str(problem.get('errmsg'))[:300]}"
