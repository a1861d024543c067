"""The events of each import, kept for replay, with a bell that rings when this process adds one."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from shared.mongo import Database, Document

_ID: Final = re.compile(r"(\d{1,9})-(\d{1,18})\Z")
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event; `id` is `partition-offset` of its record."""

    id: str
    type: str
    data: dict[str, Any]


class EventLog:
    """Collection `import_events`; `place` sorts in the order of the topic."""

    def __init__(self, database: Database) -> None:
        self._collection = database["import_events"]
        self._bell = asyncio.Condition()
        self._rings = 0
        self._closed = False

    async def ensure_indexes(self) -> None:
        """What is new of an import; among ids, the embedded store would read all there are."""
        await self._collection.create_index([("import_id", 1), ("place", 1)])

    async def add(self, import_id: str, *, partition: int, offset: int, data: dict[str, Any]) -> None:
        """Keep an event; a record that was kept before stays as it is."""
        place = _place(partition, offset)
        document: Document = {
            "_id": f"{import_id}:{place}",
            "import_id": import_id,
            "place": place,
            "event": {"id": f"{partition}-{offset}", "type": data["type"], "data": data},
            "at": datetime.now(UTC),
        }
        try:
            await self._collection.insert_one(document)
        except DuplicateKeyError:
            return
        await self.ring()

    @property
    def closed(self) -> bool:
        """The process is about to end: nobody should follow any longer."""
        return self._closed

    def close(self) -> None:
        """End what follows an import; safe inside a signal handler, and seen at the next look."""
        self._closed = True

    @property
    def rings(self) -> int:
        """How often the bell rang; whoever looks for news takes it before, for `wait`."""
        return self._rings

    async def ring(self) -> None:
        """Wake everybody who waits for news."""
        async with self._bell:
            self._rings += 1
            self._bell.notify_all()

    async def wait(self, seconds: float, heard: int) -> None:
        """Return once the bell rang more often than `heard`, or after that long.

        What comes in the middle of a look rings while nobody waits; another replica's events ring no bell
        here.
        """
        async with self._bell:
            try:
                async with asyncio.timeout(seconds):
                    await self._bell.wait_for(lambda: self._rings != heard)
            except TimeoutError:
                return

    async def after(self, import_id: str, last_id: str | None) -> AsyncIterator[LoggedEvent]:
        """Iterate over the events behind `last_id`; an id that cannot be read replays everything."""
        known = _ID.match(last_id or "")
        behind = _place(int(known[1]), int(known[2])) if known else ""
        query = {"import_id": import_id, "place": {"$gt": behind}}
        async for document in self._collection.find(query, batch_size=_PAGE).sort("place", 1):
            yield LoggedEvent(**document["event"])


def _place(partition: int, offset: int) -> str:
    return f"{partition:04d}-{offset:016d}"
