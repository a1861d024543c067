"""Sets going again what a crash left lying: whatever the state says is to be done, and nobody does.

Messages carry the work, and any of them may be lost with the process that had it in hands, or was about to
send it. The state database says what is left to do; what it says for too long is said to the topics again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

from services.fetcher.outbox import Outbox
from services.fetcher.planner import Planner
from services.fetcher.settings import FetcherSettings
from shared import failpoints
from shared.background import in_background
from shared.contracts.events import ImportStateChanged
from shared.kafka import may_pass
from shared.kinds import State
from shared.logging import get_logger
from shared.metrics import Metrics
from shared.state import State as StateDb
from shared.state.running import RunningImport

log = get_logger("sweeper")

_PAGE: Final = 500  # tasks in one go
_SHARE: Final = 20  # a twentieth of the time at most
_INTERRUPTED: Final = "The start was interrupted before all projects were taken. Start the import again."


class Sweeper:
    """Sweeps at intervals, in turns with those of other fetchers.

    Everything it does may be done twice, also by two at once: a message too many is recognised as such.
    """

    def __init__(
        self,
        *,
        state: StateDb,
        outbox: Outbox,
        planner: Planner,
        owner: str,
        settings: FetcherSettings,
        metrics: Metrics,
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._planner = planner
        self._owner = owner
        self._settings = settings
        self._metrics = metrics

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[None]:
        """Sweep in the background until the block ends."""
        async with in_background(self._sweep_for_ever()):
            yield

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.sweep_interval.total_seconds())
            try:
                if await self._state.turns.take(
                    "sweep", owner=self._owner, for_=self._settings.sweep_interval
                ):
                    began = monotonic()
                    await self.sweep()
                    await self._rest(timedelta(seconds=monotonic() - began))
            except Exception as error:  # it must go on, whatever one of many imports looks like
                (log.warning if may_pass(error) else log.exception)("sweep_failed", reason=str(error))

    async def _rest(self, took: timedelta) -> None:
        """Sweeping is for what goes wrong now and then: it must not become what the store is busy with."""
        if (rest := _SHARE * took) > self._settings.sweep_interval:
            await self._state.turns.prolong("sweep", owner=self._owner, for_=rest)

    async def sweep(self) -> None:
        """Look once at everything that is queued or running."""
        imports = await self._state.running.imports()
        for import_ in imports:
            if import_.state is State.QUEUED:
                await self._plan_late(import_)
            else:
                await self._close_late(import_)
        await self._publish_due([one.id for one in imports if one.state is State.RUNNING])

    async def _plan_late(self, import_: RunningImport) -> None:
        """The connector died before it said that the import was started, or nobody heard."""
        if not self._overdue(import_.created_at):
            return
        if await self._state.running.count_open_projects(import_.id) == len(import_.project_keys):
            self._count("import")
            await self._planner.plan(import_.id, import_.site, import_.project_keys)
        elif await self._state.imports.set_state(
            import_.id, State.FAILED, reason=_INTERRUPTED, only_from=(State.QUEUED,)
        ):
            self._count("start")
            event = ImportStateChanged(import_id=import_.id, state=State.FAILED, reason=_INTERRUPTED)
            await self._outbox.state_changed(event)

    async def _close_late(self, import_: RunningImport) -> None:
        """Close projects of which nothing is pending, and again when the marker found no answer for long.

        Each marker waits twice as long as the last one: a loader may have hours of work before it.
        """
        busy = await self._state.running.busy_projects(import_.id)
        unplanned = []
        async for run in self._state.running.open_projects(import_.id):
            if run.project_key in busy:
                continue
            since = run.fetched_at or await self._state.running.last_change(run)
            if since is None:
                unplanned.append(run.project_key)
            elif self._overdue(since, times=2**run.markers):
                self._count("project")
                await self._planner.close(run)
        if unplanned:
            self._count("plan", len(unplanned))
            await self._planner.plan(import_.id, import_.site, unplanned)

    async def _publish_due(self, import_ids: list[str]) -> None:
        """Publish tasks that nobody has had in hands for long: no message of them may be left.

        A fetcher that died brings its messages back by itself, once its group misses it.
        """
        before = datetime.now(UTC) - self._settings.sweep_after
        while tasks := await self._state.leases.due(import_ids, before, limit=_PAGE):
            log.info("tasks_published_again", tasks=len(tasks), first=tasks[0].id)
            await self._state.leases.put_off(tasks, untaken=self._settings.requeue_after)
            failpoints.reach("sweeper.put_off")
            await self._outbox.tasks(tasks)
            for task in tasks:
                self._count("task" if task.owner else "message")

    def _overdue(self, since: datetime, *, times: int = 1) -> bool:
        return datetime.now(UTC) - since > self._settings.sweep_after * times

    def _count(self, what: str, times: int = 1) -> None:
        self._metrics.swept.labels(what).inc(times)
