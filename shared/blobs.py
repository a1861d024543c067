"""Blob store on GridFS: attachment bytes, and the JSON of entities too large for a message."""

import hashlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from gridfs.errors import NoFile
from pymongo.errors import BulkWriteError, DuplicateKeyError

from shared.contracts.events import BlobRef
from shared.errors import PermanentError, TransientError
from shared.mongo import Collection, Document, Store, aggregate, insert_missing

_CHUNK_SIZE = 255 * 1024  # GridFS's default; a small blob is one chunk
_AT_ONCE = 50  # ids in one `$in`: the embedded store compares each document with each of them
_GROUP_SIZE = 8 * _CHUNK_SIZE  # about 2 MB in memory, and in one command
_BEGUN = 100  # large blobs of which a process remembers the hash of what is stored so far


@dataclass(frozen=True, slots=True)
class SmallBlob:
    """Bytes that fit into one chunk, to be stored together with others."""

    blob_id: str
    data: bytes
    filename: str
    media_id: str | None = None  # see BlobRef


class Blobs:
    """Bucket `attachments` of the windshift database; a blob's id is deterministic, its content final."""

    def __init__(self, store: Store) -> None:
        self._bucket = store.bucket()
        self._files: Collection = store.windshift["attachments.files"]
        self._chunks: Collection = store.windshift["attachments.chunks"]
        self._begun: OrderedDict[str, Upload] = OrderedDict()

    async def ensure_indexes(self) -> None:
        """The indexes of the GridFS specification."""
        await self._files.create_index([("filename", 1), ("uploadDate", 1)])
        await self._chunks.create_index([("files_id", 1), ("n", 1)], unique=True)

    async def known(self, blob_ids: list[str]) -> dict[str, BlobRef]:
        """Return those of some blobs that are stored completely."""
        cursor = self._files.find({"_id": {"$in": blob_ids}}, {"length": 1, "metadata": 1})
        return {
            document["_id"]: BlobRef(
                blob_id=document["_id"],
                size=document["length"],
                sha256=document["metadata"]["sha256"],
                media_id=document["metadata"].get("media_id"),
            )
            async for document in cursor
            if document.get("metadata", {}).get("sha256")
        }

    async def put(self, blob_id: str, data: bytes, *, filename: str) -> BlobRef:
        """Store bytes that are in memory already."""

        async def in_pieces() -> AsyncGenerator[bytes, None]:
            for start in range(0, len(data), _GROUP_SIZE):
                yield data[start : start + _GROUP_SIZE]

        return await self.stream(blob_id, in_pieces(), filename=filename)

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
            blob.blob_id: BlobRef(
                blob_id=blob.blob_id,
                size=len(blob.data),
                sha256=digests[blob.blob_id],
                media_id=blob.media_id,
            )
            for blob in blobs
        }
        await insert_missing(
            self._files, [_file_document(references[blob.blob_id], blob.filename) for blob in blobs]
        )
        return references

    async def stream(self, blob_id: str, chunks: AsyncGenerator[bytes, None], *, filename: str) -> BlobRef:
        """Store a stream in bounded memory; what a crash left of the same blob is replaced.

        The file's document goes last: nothing is visible until the stream ended.
        """
        await self.delete(blob_id)
        upload = Upload(self._files, self._chunks, blob_id, version=uuid4().hex)
        try:
            await upload.append(chunks)
            return await upload.close(filename)
        except BaseException:
            await upload.discard()
            raise

    async def resume(self, blob_id: str, *, version: str) -> "Upload":
        """Begin a large blob, or go on where another try with the same version of it ended.

        What is stored has to be read again for its hash; what this process stored or read of it before, not.
        """
        await self._chunks.delete_many({"files_id": blob_id, "upload": {"$ne": version}})
        upload = Upload(self._files, self._chunks, blob_id, version=version)
        await upload.catch_up(self._begun.pop(blob_id, None))
        self._begun[blob_id] = upload
        while len(self._begun) > _BEGUN:
            self._begun.popitem(last=False)
        return upload

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

    async def stored(self, prefix: str) -> AsyncIterator[list[str]]:
        """Iterate over the ids of the blobs that begin so, some at a time; a prefix ends with `:`."""
        cursor = self._files.find({"_id": _range(prefix)}, {"_id": 1})
        while page := await cursor.to_list(_AT_ONCE):
            yield [document["_id"] for document in page]

    async def left_over(self, prefix: str) -> AsyncIterator[list[str]]:
        """Iterate over the ids of blobs that begin so of which only pieces are stored."""
        page: list[str] = []
        pipeline: list[Document] = [
            {"$match": {"files_id": _range(prefix)}},
            {"$group": {"_id": "$files_id"}},
        ]
        async for group in aggregate(self._chunks, pipeline):
            page.append(group["_id"])
            if len(page) == _AT_ONCE:
                yield await self._without_file(page)
                page = []
        yield await self._without_file(page)

    async def _without_file(self, blob_ids: list[str]) -> list[str]:
        whole = {one["_id"] async for one in self._files.find({"_id": {"$in": blob_ids}}, {"_id": 1})}
        return [blob_id for blob_id in blob_ids if blob_id not in whole]

    async def delete_many(self, blob_ids: Sequence[str]) -> None:
        """Remove some blobs with two commands; their files first, so that none of them is seen half."""
        if blob_ids:
            await self._files.delete_many({"_id": {"$in": list(blob_ids)}})
            await self._chunks.delete_many({"files_id": {"$in": list(blob_ids)}})


class Upload:
    """A blob that is stored piece by piece, perhaps over several tries.

    Written in GridFS's layout directly, since the driver holds back up to 48 MB of each upload. The version
    tells our chunks from those of another worker that stores other bytes under the same id.
    """

    def __init__(self, files: Collection, chunks: Collection, blob_id: str, *, version: str) -> None:
        self._files = files
        self._chunks = chunks
        self._blob_id = blob_id
        self._mine = {"files_id": blob_id, "upload": version}
        self._digest = hashlib.sha256()
        self._count = 0
        self.size = 0

    async def catch_up(self, known: "Upload | None" = None) -> None:
        """Take up what is stored already, from where a former upload of the same was."""
        if known and known._mine == self._mine and await known._is_stored():
            self._digest, self._count, self.size = known._digest.copy(), known._count, known.size
        rest = {**self._mine, "n": {"$gte": self._count}}
        async for chunk in self._chunks.find(rest, batch_size=_GROUP_SIZE // _CHUNK_SIZE).sort("n", 1):
            if chunk["n"] != self._count or self.size % _CHUNK_SIZE:
                break  # a hole, left by a store that lost a write; or the end
            self._take(chunk["data"])
        await self._chunks.delete_many({**self._mine, "n": {"$gte": self._count}})

    async def append(self, stream: AsyncGenerator[bytes, None], *, at_most: int | None = None) -> None:
        """Store more of the blob, up to about so many bytes; TransientError when another worker does, too."""
        async with aclosing(stream), aclosing(_grouped(stream)) as groups:
            await self._append(groups, at_most)

    async def _append(self, groups: AsyncIterator[list[bytes]], at_most: int | None) -> None:
        end = None if at_most is None else self.size + at_most
        try:
            async for group in groups:
                documents = [
                    {**self._mine, "n": n, "data": piece} for n, piece in enumerate(group, self._count)
                ]
                await self._chunks.insert_many(documents)
                for piece in group:
                    self._take(piece)
                if end is not None and self.size >= end:
                    return
        except (BulkWriteError, DuplicateKeyError) as error:
            raise self._contested() from error

    async def close(self, filename: str, *, media_id: str | None = None) -> BlobRef:
        """Make the blob visible; TransientError when another worker took chunks of it away meanwhile."""
        sha256 = self._digest.hexdigest()
        reference = BlobRef(blob_id=self._blob_id, size=self.size, sha256=sha256, media_id=media_id)
        if await self._chunks.count_documents(self._mine) != self._count:
            raise self._contested()
        try:
            await self._files.insert_one(_file_document(reference, filename))
        except DuplicateKeyError as error:
            raise self._contested() from error
        return reference

    async def discard(self) -> None:
        """Remove what was stored."""
        await self._chunks.delete_many(self._mine)

    async def _is_stored(self) -> bool:
        """Tell whether the last chunk is still there: another worker may have begun anew."""
        last = {**self._mine, "n": self._count - 1}
        return await self._chunks.find_one(last, {"_id": 1}) is not None

    def _take(self, piece: bytes) -> None:
        self._digest.update(piece)
        self.size += len(piece)
        self._count += 1

    def _contested(self) -> TransientError:
        self._count = self.size = 0  # what is stored is not what this upload thinks
        return TransientError(f"Blob {self._blob_id} is being stored by another worker")


async def _grouped(stream: AsyncIterator[bytes]) -> AsyncGenerator[list[bytes], None]:
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


def whole_chunks(size: int) -> int:
    """Return a number of bytes, rounded up to what an upload can be interrupted after."""
    return -(-size // _CHUNK_SIZE) * _CHUNK_SIZE


def _range(prefix: str) -> Document:
    return {"$gte": prefix, "$lt": f"{prefix[:-1]};"}  # `;` follows `:`


def _file_document(reference: BlobRef, filename: str) -> Document:
    return {
        "_id": reference.blob_id,
        "filename": filename,
        "length": reference.size,
        "chunkSize": _CHUNK_SIZE,
        "uploadDate": datetime.now(UTC),
        "metadata": reference.model_dump(include={"sha256", "media_id"}),
    }
