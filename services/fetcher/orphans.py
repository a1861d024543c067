"""Removes blobs that were lost on their way: stored, and the fetcher died before it could say so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.background import in_background
from shared.kafka import may_pass
from shared.logging import get_logger
from shared.metrics import Metrics
from shared.mongo import Store
from shared.orphans import remove_orphans
from shared.state import State as StateDb

log = get_logger("sweeper")

_LOOKS: Final = 4  # in the time after which a site is swept


class OrphanSweep:
    """Sweeps each site once after its imports have ended, in turns with other fetchers.

    Nothing is in a hurry: an import that goes on stores a lost blob again, under the same name.
    """

    def __init__(self, store: Store, *, owner: str, after: timedelta, metrics: Metrics) -> None:
        self._store = store
        self._state = StateDb(store)
        self._owner = owner
        self._after = after
        self._metrics = metrics

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[None]:
        """Sweep in the background until the block ends."""
        async with in_background(self._sweep_for_ever()):
            yield

    async def _sweep_for_ever(self) -> None:
        interval = self._after / _LOOKS
        while True:
            await asyncio.sleep(interval.total_seconds())
            try:
                if await self._state.turns.take("orphans", owner=self._owner, for_=interval):
                    await self.sweep()
            except Exception as error:  # it must go on, whatever one of many sites looks like
                (log.warning if may_pass(error) else log.exception)("orphans_stay", reason=str(error))

    async def sweep(self) -> None:
        """Look at every site that has been left alone for long enough, and not been swept since."""
        for site in await self._state.running.sites():
            last_end, turn = await self._state.running.last_end(site), f"orphans {site}"
            if datetime.now(UTC) - last_end < self._after or await self._state.running.at_work(site):
                continue
            if await self._state.turns.last_done(turn) > last_end:
                continue
            removed = await remove_orphans(self._store, site)
            self._metrics.swept.labels("blob").inc(removed)
            await self._state.turns.note_done(turn)
            log.info("orphans_removed", site=site, blobs=removed)
