"""The only importer of motor: open the client, name the databases, hide what would differ in a successor."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import stamina
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
    AsyncIOMotorGridFSBucket,
)
from pymongo import WriteConcern
from pymongo.errors import AutoReconnect, BulkWriteError, ConnectionFailure, PyMongoError
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from shared.errors import TransientError
from shared.kinds import WaitingFor
from shared.settings import MongoSettings
from shared.waits import Waits

Document: TypeAlias = dict[str, Any]
Collection: TypeAlias = "AsyncIOMotorCollection[Document]"
Database: TypeAlias = "AsyncIOMotorDatabase[Document]"

# Small documents in one answer; left to itself the store sends 16 MB, which are many times that in memory.
PAGE: Final = 500
# Acknowledged means journaled: an offset is committed only behind a write that survives a crash.
_DURABLE = WriteConcern(w=1, j=True)
_START_TIMEOUT: Final = 60.0  # seconds, as for the broker


@dataclass(frozen=True, slots=True)
class Store:
    """The two databases: our own state, and Windshift's documents with the bucket of attachments."""

    state: Database
    windshift: Database

    def bucket(self) -> AsyncIOMotorGridFSBucket:
        """GridFS bucket `attachments` of the windshift database (255 KiB chunks)."""
        return AsyncIOMotorGridFSBucket(self.windshift, bucket_name="attachments")

    async def ping(self) -> None:
        """Raise TransientError unless the store answers."""
        try:
            await self.state.command("ping")
        except PyMongoError as error:
            raise TransientError(f"MongoDB does not answer: {error}") from error

    async def until_up(self) -> None:
        """Wait for a store that is not up yet; TransientError when it is not after a minute."""
        async for attempt in stamina.retry_context(on=TransientError, attempts=None, timeout=_START_TIMEOUT):
            with attempt:
                await self.ping()


class _Stopwatch(CommandListener):
    """Adds up how long the store takes for its answers."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing yet."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Called in the driver's thread."""
        self._waits.add(WaitingFor.STORE, event.duration_micros / 1e6)

    def failed(self, event: CommandFailedEvent) -> None:
        """Called in the driver's thread."""
        self._waits.add(WaitingFor.STORE, event.duration_micros / 1e6)


@asynccontextmanager
async def open_store(settings: MongoSettings, *, waits: Waits | None = None) -> AsyncIterator[Store]:
    """Open one client for the running event loop; closed at the end of the block."""
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.url.get_secret_value(),
        tz_aware=True,
        serverSelectionTimeoutMS=10_000,
        retryWrites=False,
        event_listeners=[_Stopwatch(waits)] if waits else [],
    )
    try:
        yield Store(
            state=client.get_database(settings.state_database, write_concern=_DURABLE),
            windshift=client.get_database(settings.windshift_database, write_concern=_DURABLE),
        )
    finally:
        await asyncio.to_thread(client.close)  # it says goodbye to the store, and waits for an answer


async def aggregate(collection: Collection, pipeline: Sequence[Document]) -> AsyncIterator[Document]:
    """Iterate over an aggregation; hides that successors of motor want an await here."""
    async for document in collection.aggregate(list(pipeline), batchSize=PAGE):
        yield document


def is_transient(error: PyMongoError) -> bool:
    """Tell whether the same command may succeed a moment later."""
    return isinstance(error, AutoReconnect | ConnectionFailure) or error.has_error_label(
        "RetryableWriteError"
    )


DUPLICATE_KEY = 11000


async def insert_missing(collection: Collection, documents: Sequence[Document]) -> None:
    """Insert documents in one command; those whose `_id` is there already stay as they are."""
    if not documents:
        return
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if any(failed["code"] != DUPLICATE_KEY for failed in error.details["writeErrors"]):
            raise
