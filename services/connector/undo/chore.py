"""Undoing an import: asked for once or again, done in the background, begun again after a restart."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from services.connector.context import Context
from services.connector.problems import ApiError
from services.connector.steer import cancel
from services.connector.undo.removal import Removal
from services.connector.undo.search import find_belongings
from shared.kinds import FINAL_STATES, State
from shared.logging import get_logger
from shared.orphans import remove_orphans
from shared.state.chores import Chore, ChoreKind
from shared.state.imports import Import

log = get_logger("connector")

_UNDOING: Final = (
    "What this import created is being removed from Windshift: GET jobs/{id}/data tells how far."
)
_IN_HAND: Final = timedelta(seconds=3)  # a loader still writes the batch that it had when an import ended
_LOOK: Final = 1.0  # seconds until it is looked again whether a site is free


async def ask(import_: Import, context: Context) -> None:
    """Let what an import created be removed; asking while that is going on changes nothing.

    A paused import is cancelled by it. Raises the 409 for one that runs, that wrote nothing, or whose site
    another import works on: that one may need what would go.
    """
    if import_.state is State.UNDOING:
        return
    if import_.state in (State.QUEUED, State.RUNNING):
        raise _impossible(f"The job is {import_.state}. Pause or cancel it first, then remove its data.")
    if import_.dry_run:
        raise _impossible("The job is a dry run: it wrote nothing to Windshift.")
    if not await context.state.imports.has_projects(import_.id):
        raise _impossible("The job never started: there is nothing to remove.")
    if other := await context.state.running.at_work(import_.site, but=import_.id):
        raise _impossible(
            f"Job {other} is importing from the same site, and may need what would be removed. "
            "Wait until it has ended, or cancel it."
        )
    if import_.state is State.PAUSED:
        await cancel(import_, context)
    await _begin(import_.id, context)


async def _begin(import_id: str, context: Context) -> None:
    await context.state.undos.request(import_id)
    chores = (_tell(State.UNDOING, _UNDOING), Chore(kind=ChoreKind.UNDO))
    if await context.state.imports.set_state(
        import_id, State.UNDOING, reason=_UNDOING, only_from=sorted(FINAL_STATES), chores=chores
    ):
        log.info("undo_requested", import_id=import_id)
        context.chores.ring()


class Undoer:
    """Undoes one import after the other: what two of them created together is the last one's to remove."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._turn = asyncio.Lock()

    async def undo(self, import_: Import, _chore: Chore) -> None:
        """Remove what an import created. Done again after a crash, it comes to the same end."""
        async with self._turn:
            await self._context.state.imports.set_state(  # it may be asked for while it comes to its end
                import_.id, State.UNDOING, reason=_UNDOING, only_from=(State.UNDONE,)
            )
            await self._until_nobody_works(import_)
            await self._undo(import_)

    async def _until_nobody_works(self, import_: Import) -> None:
        """Wait for an import that was started at the same moment, and for the last batch of one that ended.

        None is started from now on.
        """
        running = self._context.state.running
        while await running.at_work(import_.site, but=import_.id):  # noqa: ASYNC110 - perhaps elsewhere
            await asyncio.sleep(_LOOK)
        left = await running.last_end(import_.site) + _IN_HAND - datetime.now(UTC)
        await asyncio.sleep(max(0.0, left.total_seconds()))

    async def _undo(self, import_: Import) -> None:
        state = self._context.state
        await state.undos.mark_projects(import_.id, State.UNDOING)
        removed = await Removal(await find_belongings(import_, self._context.store)).remove()
        await remove_orphans(self._context.store, import_.site, but=import_.id)
        undo = await state.undos.get(import_.id)
        await state.undos.mark_projects(import_.id, State.UNDONE)
        await state.undos.end(import_.id)
        if removed or undo is None or not undo.times:
            for other in await state.undos.waiting(import_.site, but=import_.id):
                await state.undos.again(other)
        await self._end(import_)
        log.info("undone", import_id=import_.id, removed=removed)

    async def _end(self, import_: Import) -> None:
        state = self._context.state
        undo = await state.undos.get(import_.id)
        removed = sum(undo.removed.values()) if undo else 0
        kept = sum(
            sum(by_reason.values()) for by_reason in (await state.undos.kept_counts(import_.id)).values()
        )
        reason = f"Undone: {removed:,} documents were removed from Windshift, {kept:,} stay. " + (
            "GET jobs/{id}/data names those that stay."
        )
        chores = (_tell(State.UNDONE, reason),)
        if await state.imports.set_state(
            import_.id, State.UNDONE, reason=reason, only_from=(State.UNDOING,), chores=chores
        ):
            self._context.metrics.imports.labels(State.UNDONE).inc()


def _tell(state: State, reason: str) -> Chore:
    return Chore(kind=ChoreKind.TELL, spec={"state": state, "reason": reason})


def _impossible(reason: str) -> ApiError:
    return ApiError(409, reason, "CONFLICT")
