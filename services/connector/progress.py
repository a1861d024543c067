"""Folding progress events into the state of their import; folding one twice changes nothing."""

from services.connector.event_log import EventLog
from shared import failpoints
from shared.contracts.events import BatchLoaded, ImportStateChanged, ProjectLoaded, RemapProgressed
from shared.kinds import State
from shared.logging import get_logger
from shared.metrics import Metrics
from shared.state import State as StateDb

log = get_logger("connector")

_OPEN = (State.QUEUED, State.RUNNING, State.PAUSED)


class Progress:
    """Applies what the loader and the fetcher report, and keeps every event that changed something."""

    def __init__(self, state: StateDb, events: EventLog, metrics: Metrics) -> None:
        self._state = state
        self._events = events
        self._metrics = metrics

    async def fold(
        self,
        event: BatchLoaded | ProjectLoaded | ImportStateChanged | RemapProgressed,
        *,
        partition: int,
        offset: int,
    ) -> None:
        """Apply the event of one record; a changed state was set before the event was sent."""
        if isinstance(event, BatchLoaded):
            record = f"{partition}-{offset}"
            if not await self._state.imports.fold_batch(event, record=record):
                return
        if isinstance(event, ProjectLoaded):
            await self._state.imports.close_project(
                event.import_id, event.project_key, event.kinds, retry=event.retry
            )
        failpoints.reach("progress.counted")
        data = event.model_dump(mode="json")
        await self._events.add(event.import_id, partition=partition, offset=offset, data=data)
        if isinstance(event, ProjectLoaded):
            await self._close_import(event)  # behind its last event: a stream ends at a final state
            await self._events.ring()
        failpoints.reach("progress.folded")

    async def _close_import(self, event: ProjectLoaded) -> None:
        """Give the import its final state once the last of its projects is closed."""
        state = await self._state.retries.state_by_projects(event.import_id)
        if state is None:
            return
        if await self._state.imports.set_state(
            event.import_id, state, only_from=_OPEN, only_in_retry=event.retry
        ):
            log.info("import_closed", import_id=event.import_id, state=state)
            self._metrics.imports.labels(state).inc()
            if state is State.COMPLETED:
                self._metrics.last_success.set_to_current_time()
