"""The claim check: payloads too large for a message, and sources too large for a document."""

from typing import Any, Final

import orjson

from services.loader.writer import store_errors
from shared.blobs import Blobs
from shared.contracts.events import BlobRef, EntityFetched
from shared.errors import PermanentError
from shared.mongo import Document
from shared.orphans import source_blob_id

_SOURCE_LIMIT: Final = 12_000_000  # bytes; the store takes 16 MiB for a whole document


async def redeem(blobs: Blobs, entity: EntityFetched) -> dict[str, Any]:
    """Return the payload that an entity refers to; PermanentError when there is none to be had."""
    if entity.payload_blob is None:
        raise PermanentError("The message carries neither a payload nor a reference to one")
    with store_errors("reading a payload"):
        data = await blobs.read(entity.payload_blob)
    try:
        payload: dict[str, Any] = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise PermanentError(f"Blob {entity.payload_blob.blob_id} is not JSON: {error}") from error
    return payload


async def keep_source_aside(blobs: Blobs, document: Document) -> None:
    """Move a source into the blob store that would not leave room for the rest of its document."""
    source = document["source"].encode()
    if len(source) <= _SOURCE_LIMIT:
        return
    blob_id = source_blob_id(document["_id"], document["hash"])
    with store_errors("writing a source"):
        reference = (await blobs.known([blob_id])).get(blob_id) or await blobs.put(
            blob_id, source, filename=f"{document['jira_id']}.json"
        )
    document["source"] = None
    document["source_blob"] = reference.model_dump()


async def stored_source(blobs: Blobs, document: Document) -> str | bytes:
    """Return the source of a stored document, wherever it is kept."""
    source: str | None = document["source"]
    if source is not None:
        return source
    with store_errors("reading a source"):
        return await blobs.read(BlobRef.model_validate(document["source_blob"]))
