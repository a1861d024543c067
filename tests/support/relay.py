"""A network that can be cut: TCP connections pass through here, and are told apart by who opened them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

_CHUNK: Final = 64 * 1024

EVERYBODY: Final = "everybody"

# Says which process has the other end of a connection, by its port and ours; None for one that is nobody's.
CallerOf = Callable[[int, int], str | None]


class Cut(StrEnum):
    """How a network goes away."""

    SILENT = "silent"  # nothing passes; afterwards what was under way arrives after all
    LOST = "lost"  # nothing passes; what was connected is dead for good, and neither side is told
    REFUSED = "refused"  # every connection breaks at once, and none is made


@dataclass
class _Way:
    """What one caller can do now."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    cut: Cut | None = None
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.open.set()


class Relay:
    """Stands before one server; `async with` opens and closes its port. All callers are one, unless told."""

    def __init__(self, caller_of: CallerOf = lambda theirs, ours: EVERYBODY, *, upstream: int = 0) -> None:
        self.upstream = upstream  # the server's port, once that is known
        self._caller_of = caller_of
        self._ways: defaultdict[str, _Way] = defaultdict(_Way)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for way in self._ways.values():
            self._break(way)
            for task in way.tasks:
                task.cancel()
        if self._server is not None:
            self._server.close()

    @property
    def port(self) -> int:
        """Where callers connect to."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self, caller: str = EVERYBODY, how: Cut = Cut.SILENT) -> None:
        """Take the server away from one caller."""
        way = self._ways[caller]
        way.cut = how
        way.open.clear()
        if how is Cut.REFUSED:
            self._break(way)

    def heal(self, caller: str = EVERYBODY) -> None:
        """Give the server back."""
        way = self._ways[caller]
        if way.cut is Cut.LOST:
            for task in way.tasks:  # whoever waits on such a connection waits for ever, as in a real network
                task.cancel()
        way.cut = None
        way.open.set()

    @staticmethod
    def _break(way: _Way) -> None:
        for writer in way.writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs = writer.get_extra_info("peername")[1]
        caller = await asyncio.to_thread(self._caller_of, theirs, self.port)
        if caller is None or self._ways[caller].cut is Cut.REFUSED:
            writer.transport.abort()
            return
        way = self._ways[caller]
        await way.open.wait()
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, upstream[1]}
        way.writers |= ends
        pumps = {
            asyncio.create_task(_pump(reader, upstream[1], way.open)),
            asyncio.create_task(_pump(upstream[0], writer, way.open)),
        }
        way.tasks |= pumps
        await asyncio.wait(pumps)
        way.tasks -= pumps
        if not any(pump.cancelled() for pump in pumps):
            way.writers -= ends
            for end in ends:
                end.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opened: asyncio.Event) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            await opened.wait()
            writer.write(data)
            await writer.drain()
    await opened.wait()  # the end of a connection does not pass a cut either
    with suppress(OSError, RuntimeError):
        writer.write_eof()
