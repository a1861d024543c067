"""Blob store on GridFS: attachment bytes, and the JSON of entities too large for a message."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from gridfs.errors import NoFile
from pymongo.errors import BulkWriteError, DuplicateKeyError

from shared.contracts.events import BlobRef
from shared.errors import PermanentError, TransientError
from shared.mongo import Collection, Document, Store, insert_missing

_CHUNK_SIZE = 255 * 1024  # GridFS's default; a small blob is one chunk
_GROUP_SIZE = 8 * _CHUNK_SIZE  # about 2 MB in memory, and in one command


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
        references = {
            blob.blob_id: BlobRef(blob_id=blob.blob_id, size=len(blob.data), sha256=digests[blob.blob_id])
            for blob in blobs
        }
        await insert_missing(
            self._files, [_file_document(references[blob.blob_id], blob.filename) for blob in blobs]
        )
        return references

    async def stream(self, blob_id: str, chunks: AsyncIterator[bytes], *, filename: str) -> BlobRef:
        """Store a stream in bounded memory; what a crash left of the same blob is replaced.

        The file's document goes last: nothing is visible until the stream ended. Written in GridFS's layout
        directly, since the driver holds back up to 48 MB of each upload.
        """
        await self.delete(blob_id)
        digest, size, number = hashlib.sha256(), 0, 0
        upload = uuid4().hex  # tells our chunks from those of another worker with the same blob
        try:
            async for group in _grouped(chunks):
                size += sum(map(len, group))
                for piece in group:
                    digest.update(piece)
                await self._chunks.insert_many(
                    [
                        {"files_id": blob_id, "n": n, "data": piece, "upload": upload}
                        for n, piece in enumerate(group, number)
                    ]
                )
                number += len(group)
            reference = BlobRef(blob_id=blob_id, size=size, sha256=digest.hexdigest())
            await self._close(reference, filename=filename, upload=upload, chunks=number)
        except BaseException as error:
            await self._chunks.delete_many({"files_id": blob_id, "upload": upload})
            if isinstance(error, BulkWriteError | DuplicateKeyError):
                raise TransientError(f"Blob {blob_id} is being stored by another worker") from error
            raise
        return reference

    async def _close(self, reference: BlobRef, *, filename: str, upload: str, chunks: int) -> None:
        """Make a blob visible, unless another worker began anew meanwhile and took chunks of it away."""
        query = {"files_id": reference.blob_id, "upload": upload}
        if await self._chunks.count_documents(query) != chunks:
            raise TransientError(f"Blob {reference.blob_id} is being stored by another worker")
        await self._files.insert_one(_file_document(reference, filename))

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


async def _grouped(stream: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """Cut a stream into chunks, and yield a few megabytes of them at a time."""
    rest = bytearray()
    async for piece in stream:
        rest += piece
        if len(rest) >= _GROUP_SIZE:
            whole = len(rest) // _CHUNK_SIZE * _CHUNK_SIZE
            yield _cut(rest[:whole])
            del rest[:whole]
    if rest:
        yield _cut(rest)


def _cut(data: bytearray) -> list[bytes]:
    return [bytes(data[start : start + _CHUNK_SIZE]) for start in range(0, len(data), _CHUNK_SIZE)]


def _file_document(reference: BlobRef, filename: str) -> Document:
    return {
        "_id": reference.blob_id,
        "filename": filename,
        "length": reference.size,
        "chunkSize": _CHUNK_SIZE,
        "uploadDate": datetime.now(UTC),
        "metadata": {"sha256": reference.sha256},
    }
