"""Blob store on GridFS: attachment bytes, and the JSON of entities too large for a message."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gridfs.errors import FileExists, NoFile

from shared.contracts.events import BlobRef
from shared.errors import PermanentError, TransientError
from shared.mongo import Collection, Document, Store, insert_missing

_CHUNK_SIZE = 255 * 1024  # GridFS's default; a small blob is one chunk


@dataclass(frozen=True, slots=True)
class SmallBlob:
    """Bytes that fit into one chunk, to be stored together with others."""

    blob_id: str
    data: bytes
    filename: str


class Blobs:
    """Bucket `attachments` of the windshift database; a blob's id is deterministic, its content final."""

    def __init__(self, store: Store) -> None:
        self._bucket = store.bucket()
        self._files: Collection = store.windshift["attachments.files"]
        self._chunks: Collection = store.windshift["attachments.chunks"]

    async def ensure_indexes(self) -> None:
        """The indexes of the GridFS specification."""
        await self._files.create_index([("filename", 1), ("uploadDate", 1)])
        await self._chunks.create_index([("files_id", 1), ("n", 1)], unique=True)

    async def known(self, blob_ids: list[str]) -> dict[str, BlobRef]:
        """Return those of some blobs that are stored completely."""
        cursor = self._files.find({"_id": {"$in": blob_ids}}, {"length": 1, "metadata.sha256": 1})
        return {
            document["_id"]: BlobRef(
                blob_id=document["_id"],
                size=document["length"],
                sha256=document["metadata"]["sha256"],
            )
            async for document in cursor
            if document.get("metadata", {}).get("sha256")
        }

    async def put(self, blob_id: str, data: bytes, *, filename: str) -> BlobRef:
        """Store bytes that are in memory already."""

        async def once() -> AsyncIterator[bytes]:
            yield data

        return await self.stream(blob_id, once(), filename=filename)

    async def put_small(self, blobs: Sequence[SmallBlob]) -> dict[str, BlobRef]:
        """Store many blobs of at most 255 KiB with two commands; repeating is free.

        Written in GridFS's layout directly: its API costs several commands a file, which is most of the time
        that small attachments take. The files' documents go last, so no blob is seen half.
        """
        digests = {blob.blob_id: hashlib.sha256(blob.data).hexdigest() for blob in blobs}
        await insert_missing(
            self._chunks,
            [
                {"_id": blob.blob_id, "files_id": blob.blob_id, "n": 0, "data": blob.data}
                for blob in blobs
                if blob.data
            ],
        )
        await insert_missing(self._files, [_file_document(blob, digests[blob.blob_id]) for blob in blobs])
        return {
            blob.blob_id: BlobRef(blob_id=blob.blob_id, size=len(blob.data), sha256=digests[blob.blob_id])
            for blob in blobs
        }

    async def stream(self, blob_id: str, chunks: AsyncIterator[bytes], *, filename: str) -> BlobRef:
        """Store a stream in bounded memory; what a crash left of the same blob is replaced.

        Nothing of it is visible until the stream ended: GridFS writes the file's document last.
        """
        await self.delete(blob_id)
        digest = hashlib.sha256()
        upload = self._bucket.open_upload_stream_with_id(blob_id, filename, metadata={})
        try:
            size = 0
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                await upload.write(chunk)
            await upload.set("metadata", {"sha256": digest.hexdigest()})
            await upload.close()
        except FileExists as error:
            if reference := (await self.known([blob_id])).get(blob_id):
                return reference  # another worker was faster with the same bytes
            raise TransientError(f"Blob {blob_id} is being stored by another worker") from error
        except BaseException:
            await upload.abort()
            raise
        if await self._chunks.count_documents({"files_id": blob_id}) != -(-size // _CHUNK_SIZE):
            await self.delete(blob_id)  # another worker began anew meanwhile and took chunks away
            raise TransientError(f"Blob {blob_id} is being stored by another worker")
        return BlobRef(blob_id=blob_id, size=size, sha256=digest.hexdigest())

    async def read(self, reference: BlobRef) -> bytes:
        """Return a whole blob; PermanentError when it is not there or not what was stored."""
        try:
            stream = await self._bucket.open_download_stream(reference.blob_id)
        except NoFile as error:
            raise PermanentError(f"Blob {reference.blob_id} is not in the store any more") from error
        data = bytes(await stream.read())
        if hashlib.sha256(data).hexdigest() != reference.sha256:
            raise PermanentError(
                f"Blob {reference.blob_id} is damaged: its sha256 differs from the message's"
            )
        return data

    async def delete(self, blob_id: str) -> None:
        """Remove a blob, or what is left of one."""
        try:
            await self._bucket.delete(blob_id)
        except NoFile:
            return  # `delete` removes orphaned chunks even then


def _file_document(blob: SmallBlob, sha256: str) -> Document:
    return {
        "_id": blob.blob_id,
        "filename": blob.filename,
        "length": len(blob.data),
        "chunkSize": _CHUNK_SIZE,
        "uploadDate": datetime.now(UTC),
        "metadata": {"sha256": sha256},
    }
