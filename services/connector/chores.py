"""Work in the background: what steered imports owe is done here, and begun again after a restart."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from shared.background import in_background
from shared.logging import get_logger
from shared.state.chores import Chore, ChoreKind
from shared.state.imports import Import, Imports

log = get_logger("connector")

_LOOK: Final = 5.0  # seconds until what failed, or was taken on by another replica, is looked for again

Work: TypeAlias = Callable[[Import, Chore], Awaitable[None]]


class Chores:
    """Does the chores of each import in their order, those of several imports side by side."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports
        self._busy: set[str] = set()
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Have a look now: a chore was taken on."""
        self._bell.set()

    @asynccontextmanager
    async def running(self, work: Mapping[ChoreKind, Work]) -> AsyncIterator[None]:
        """Work until the end of the block; what is unfinished then waits for the next start."""
        async with in_background(self._run(work)):
            yield

    async def _run(self, work: Mapping[ChoreKind, Work]) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                self._bell.clear()
                for import_ in await self._owing():
                    if import_.id not in self._busy:
                        self._busy.add(import_.id)
                        group.create_task(self._do(import_, work))
                try:
                    async with asyncio.timeout(_LOOK):
                        await self._bell.wait()
                except TimeoutError:
                    continue

    async def _owing(self) -> list[Import]:
        try:
            return await self._imports.owing()
        except Exception as error:
            log.warning("chores_unknown", reason=str(error))
            return []

    async def _do(self, import_: Import, work: Mapping[ChoreKind, Work]) -> None:
        try:
            for chore in import_.chores:
                await work[chore.kind](import_, chore)
                await self._imports.settle(import_.id, chore)
                log.info("chore_done", import_id=import_.id, chore=chore.kind)
            self.ring()  # another one may have been taken on meanwhile
        except Exception:  # whatever it is: the chore stays, the others go on, and it is tried again
            log.exception("chore_failed", import_id=import_.id)
        finally:
            self._busy.discard(import_.id)
