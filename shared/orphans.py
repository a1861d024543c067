"""Blobs that nobody names: a process died before it could tell of them, or what named them has changed."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import Final

from shared.blobs import Blobs
from shared.ids import parts_of
from shared.kinds import EntityKind
from shared.mongo import Store
from shared.sink import COLLECTION_OF, MAPPED
from shared.state import State

_PAYLOAD: Final = "payload:"
_SOURCE: Final = "source/"


def payload_blob_id(document_id: str, import_id: str) -> str:
    """Name the blob of a payload that is too large for a message."""
    return f"{_PAYLOAD}{document_id}:{import_id}"


def source_blob_id(document_id: str, content: str) -> str:
    """Name the blob of an original that is too large for its document, by its content: never replaced."""
    return f"{_SOURCE}{document_id}/{content}"


async def remove_orphans(store: Store, site: str, *, but: str = "") -> int:
    """Remove the blobs of a site that no document and no open dead letter names; return how many.

    Nothing is removed while anybody works on the site (an import other than `but`): a task that runs has told
    nobody yet what it stored, and a message on its way names what no document does. That is asked anew for
    each page, and ends it.
    """
    blobs, running, removed = Blobs(store), State(store).running, 0
    for prefix in (f"{site}:{EntityKind.ATTACHMENT}:", f"{_PAYLOAD}{site}:", f"{_SOURCE}{site}:"):
        async for page in _stored(blobs, prefix):
            orphans = sorted(set(page) - await _named(store, page))
            if orphans and not await running.at_work(site, but=but):
                await blobs.delete_many(orphans)
                removed += len(orphans)
    return removed


async def _stored(blobs: Blobs, prefix: str) -> AsyncIterator[list[str]]:
    """Iterate over what is stored in whole, then over what is left of others."""
    async for page in blobs.stored(prefix):
        yield page
    async for page in blobs.left_over(prefix):
        yield page


async def _named(store: Store, blob_ids: Sequence[str]) -> set[str]:
    """Return those of some blobs that a document or an open dead letter names."""
    named = await State(store).dead_letters.blobs_among(blob_ids)
    owners: dict[str, list[str]] = defaultdict(list)  # of the documents that could name them, by collection
    for document_id in {_owner(blob_id) for blob_id in blob_ids}:
        _, kind, _ = parts_of(document_id)
        if kind in COLLECTION_OF:
            owners[COLLECTION_OF[EntityKind(kind)]].append(document_id)
            owners[MAPPED].append(document_id)
    for collection, ids in owners.items():
        query, members = {"_id": {"$in": ids}}, {"blob.id": 1, "source_blob.blob_id": 1}
        async for document in store.windshift[collection].find(query, members):
            bytes_, original = document.get("blob") or {}, document.get("source_blob") or {}
            named |= {bytes_.get("id", ""), original.get("blob_id", "")}
    return named


def _owner(blob_id: str) -> str:
    """Return the `_id` of the one document that may name a blob; empty for what only messages name."""
    if blob_id.startswith(_SOURCE):
        return blob_id.removeprefix(_SOURCE).rpartition("/")[0]
    return "" if blob_id.startswith(_PAYLOAD) else blob_id
