"""Blob store on GridFS: attachment bytes, and the JSON of entities too large for a message."""

import hashlib
from collections.abc import AsyncIterator

from gridfs.errors import FileExists, NoFile

from shared.contracts.events import BlobRef
from shared.errors import PermanentError
from shared.mongo import Store


class Blobs:
    """Bucket `attachments` of the windshift database; a blob's id is deterministic, its content final."""

    def __init__(self, store: Store) -> None:
        self._bucket = store.bucket()
        self._files = store.windshift["attachments.files"]

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
        except FileExists:
            return (await self.known([blob_id]))[blob_id]  # another worker was faster with the same bytes
        except BaseException:
            await upload.abort()
            raise
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
