"""One pace for all requests of a client: a cap on what is in flight, and a common cool-down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic


class Throttle:
    """Bounds the requests in flight; while a site cools down, nobody asks it."""

    def __init__(self, limit: int) -> None:
        self._slots = asyncio.Semaphore(limit)
        self._until = 0.0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the places, entered no earlier than the end of the cool-down."""
        async with self._slots:
            while (wait := self._until - monotonic()) > 0:  # noqa: ASYNC110 - a time, no event
                await asyncio.sleep(wait)
            yield

    def cool_down(self, seconds: float) -> None:
        """Let nobody ask for that long; a longer cool-down under way stays."""
        self._until = max(self._until, monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """Seconds until the cool-down ends."""
        return max(0.0, self._until - monotonic())
