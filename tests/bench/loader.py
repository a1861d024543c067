"""The loader beside the store: the same entities through the loader, as bare inserts, and as bulk upserts."""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from aiokafka import ConsumerRecord
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pymongo import ReplaceOne

from deploy.embedded.mongo import MongoServer
from services.loader.batch import Loader
from services.loader.inbox import open_batch
from services.loader.transform.context import EMPTY, Context
from shared.contracts.events import EntityFetched
from shared.kinds import EntityKind
from shared.metrics import Metrics
from shared.mongo import Document, Store, open_store
from shared.settings import MongoSettings
from shared.sink import COLLECTION_OF

COUNT: Final = 10_000
BATCH: Final = 500


async def main() -> None:
    """Print the rates of the loader and of the store's own commands for the same documents."""
    records = [_record(number) for number in range(COUNT)]
    batches = [records[start : start + BATCH] for start in range(0, COUNT, BATCH)]
    documents = [
        [one.document for one in (await open_batch(batch, _context_of, {})).loadables] for batch in batches
    ]
    with tempfile.TemporaryDirectory() as folder:
        server = MongoServer(folder=Path(folder), logs=Path(folder))
        url = await server.start()
        try:
            rates = {
                "bare inserts": await _timed(url, "inserts", _inserts(documents)),
                "bulk upserts": await _timed(url, "upserts", _upserts(documents)),
                "the loader": await _timed(url, "loader", _loads(batches)),
            }
        finally:
            await server.stop()
    sys.stdout.write(f"\nThe loader beside the store, {COUNT} comments in batches of {BATCH}\n")
    for name, rate in rates.items():
        ratio = rate / rates["bulk upserts"]
        sys.stdout.write(f"  {name}: {rate:.0f}/s, {ratio:.2f} times the bulk upserts\n")


async def _context_of(_import_id: str) -> Context:
    return EMPTY


Run = Callable[[Store], Awaitable[None]]


async def _timed(url: str, database: str, run: Run) -> float:
    settings = MongoSettings(
        url=SecretStr(url), state_database=f"{database}_state", windshift_database=database
    )
    async with open_store(settings) as store:
        began = time.monotonic()
        await run(store)
        return COUNT / (time.monotonic() - began)


def _inserts(batches: Sequence[Sequence[Document]]) -> Run:
    async def run(store: Store) -> None:
        for batch in batches:
            for collection, documents in _by_collection(batch).items():
                await store.windshift[collection].insert_many(documents, ordered=False)

    return run


def _upserts(batches: Sequence[Sequence[Document]]) -> Run:
    async def run(store: Store) -> None:
        for batch in batches:
            for collection, documents in _by_collection(batch).items():
                commands = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in documents]
                await store.windshift[collection].bulk_write(commands, ordered=False)

    return run


def _loads(batches: Sequence[Sequence[ConsumerRecord]]) -> Run:
    async def run(store: Store) -> None:
        loader = Loader(store, Metrics(CollectorRegistry()), publish=_nowhere, bury=_nowhere)
        await loader.load(_one_by_one(batches))

    return run


async def _one_by_one(batches: Sequence[Sequence[ConsumerRecord]]) -> AsyncIterator[Sequence[ConsumerRecord]]:
    for batch in batches:
        yield batch


async def _nowhere(*_: Any) -> None:
    return None


def _by_collection(batch: Sequence[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for document in batch:
        found[COLLECTION_OF[EntityKind.COMMENT]].append(dict(document))
    return found


def _record(number: int) -> ConsumerRecord:
    text = " ".join(f"word{number + step}" for step in range(60))
    entity = EntityFetched(
        import_id="bench",
        site="bench",
        project_id="1",
        project_key="BENCH",
        kind=EntityKind.COMMENT,
        id=str(number),
        updated=number,
        occurred_at=number,
        payload={
            "id": str(number),
            "issueId": "1",
            "body": text,
            "author": {"key": "someone", "displayName": "Someone"},
            "created": "2024-01-02T03:04:05.000+0000",
            "updated": "2024-01-02T03:04:05.000+0000",
        },
    )
    value = entity.to_bytes()
    return ConsumerRecord("jira.entities.v1", 0, number, 0, 0, b"bench:BENCH", value, None, 0, len(value), ())
