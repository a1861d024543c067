"""Folding progress events into the state of their import; folding one twice changes nothing."""

from shared.contracts.events import BatchLoaded, ImportStateChanged, ProjectLoaded
from shared.kinds import FINAL_STATES, State
from shared.logging import get_logger
from shared.metrics import Metrics
from shared.state import State as StateDb
from shared.state.imports import ProjectRun

log = get_logger("connector")

_OPEN = (State.QUEUED, State.RUNNING, State.PAUSED)


class Progress:
    """Applies what the loader and the fetcher report."""

    def __init__(self, state: StateDb, metrics: Metrics) -> None:
        self._state = state
        self._metrics = metrics

    async def fold(self, event: BatchLoaded | ProjectLoaded | ImportStateChanged) -> bool:
        """Apply an event; False when it was applied before."""
        if isinstance(event, BatchLoaded):
            return await self._state.imports.fold_batch(event)
        if isinstance(event, ProjectLoaded):
            await self._state.imports.close_project(event.import_id, event.project_key, event.kinds)
            await self._close_import(event.import_id)
        return True

    async def _close_import(self, import_id: str) -> None:
        """Give the import its final state once the last of its projects is closed."""
        runs = await self._state.imports.projects([import_id])
        if not runs or any(run.state not in FINAL_STATES for run in runs):
            return
        complete = all(run.state is State.COMPLETED for run in runs) and not await self._gave_up(runs)
        state = State.COMPLETED if complete else State.COMPLETED_WITH_ERRORS
        if await self._state.imports.set_state(import_id, state, only_from=_OPEN):
            log.info("import_closed", import_id=import_id, state=state)
            self._metrics.imports.labels(state).inc()
            if complete:
                self._metrics.last_success.set_to_current_time()

    async def _gave_up(self, runs: list[ProjectRun]) -> bool:
        """Tell whether a whole task failed: what it would have found is in no account."""
        for run in runs:
            async for letter in self._state.dead_letters.of_project(run.import_id, run.project_key):
                if letter.kind == "task":
                    return True
        return False
