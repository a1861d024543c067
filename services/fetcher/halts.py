"""Ends what is under way for an import that was paused or cancelled, be it a long download or a long wait."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from pymongo.errors import PyMongoError

from shared.background import in_background
from shared.errors import PipelineError
from shared.kinds import ACTIVE_STATES
from shared.logging import get_logger
from shared.state import Imports

log = get_logger("fetcher")

_EVERY: Final = 1.0  # seconds between two looks; a pause is promised to take effect within five


class HaltedError(PipelineError):
    """The import of a task was paused or cancelled; the ledger keeps the task."""


class Halts:
    """Asks once a second how the imports are that this process works on: one question for all of them."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports
        self._scopes: dict[str, set[asyncio.Timeout]] = defaultdict(set)

    @asynccontextmanager
    async def over(self, import_id: str) -> AsyncIterator[None]:
        """Leave the block with HaltedError soon after the import was paused or cancelled."""
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._scopes[import_id].add(scope)
                yield
        except TimeoutError as error:
            if scope.expired():
                raise HaltedError(f"Import {import_id} was paused or cancelled") from error
            raise
        finally:
            self._forget(import_id, scope)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look after the imports until the end of the block."""
        async with in_background(self._watch()):
            yield

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            if not self._scopes:
                continue
            try:
                states = await self._imports.states_of(tuple(self._scopes))
            except PyMongoError as error:  # the tasks themselves notice that the store is away
                log.warning("states_unknown", reason=str(error))
                continue
            for import_id, state in states.items():
                if state not in ACTIVE_STATES:
                    self._halt(import_id)

    def _halt(self, import_id: str) -> None:
        scopes = self._scopes.pop(import_id, set())
        for scope in scopes:
            scope.reschedule(asyncio.get_running_loop().time())
        if scopes:
            log.info("tasks_halted", import_id=import_id, tasks=len(scopes))

    def _forget(self, import_id: str, scope: asyncio.Timeout) -> None:
        if import_id in self._scopes:
            self._scopes[import_id].discard(scope)
            if not self._scopes[import_id]:
                del self._scopes[import_id]
