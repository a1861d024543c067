"""Cancelling and resuming an import."""

from services.connector.context import Context
from shared.contracts.channels import FETCH_TASK, PROGRESS
from shared.contracts.events import FetchTask, ImportStateChanged
from shared.kafka import publish_all
from shared.kinds import State
from shared.logging import get_logger
from shared.state.imports import Import

log = get_logger("connector")

_CANCELLED = "Cancelled. What had arrived until then stays in Windshift."
_PAGE = 500  # tasks in one go: they are small, and there may be a hundred thousand


async def cancel(import_: Import, context: Context) -> bool:
    """End an import for good; False when it has ended already."""
    open_states = (State.QUEUED, State.RUNNING, State.PAUSED)
    changed = await context.state.imports.set_state(
        import_.id, State.CANCELLED, reason=_CANCELLED, only_from=open_states
    )
    if changed:
        context.metrics.imports.labels(State.CANCELLED).inc()
        await _announce(import_, State.CANCELLED, _CANCELLED, context)
    return changed


async def resume(import_: Import, context: Context, *, connection_id: str = "") -> bool:
    """Let a paused import go on where it was; False when it is not paused.

    A dead credential is replaced by connecting anew and naming the new connection. The tasks left the
    queue while it was paused; the ledger still has every one of them.
    """
    if import_.state is State.PAUSED and connection_id:
        await context.state.imports.use_connection(import_.id, connection_id)
    if not await context.state.imports.set_state(import_.id, State.RUNNING, only_from=(State.PAUSED,)):
        return False
    for project_key in import_.project_keys:
        await _publish_pending(import_.id, project_key, context)
    await _announce(import_, State.RUNNING, None, context)
    return True


async def _publish_pending(import_id: str, project_key: str, context: Context) -> None:
    page: list[tuple[bytes, bytes]] = []
    async for task in context.state.ledger.pending(import_id, project_key):
        event = FetchTask(import_id=import_id, task_id=task.id, project_key=project_key, kind=task.kind)
        page.append((FETCH_TASK.key_of(event), event.model_dump_json().encode()))
        if len(page) == _PAGE:
            await publish_all(context.broker, FETCH_TASK, page)
            page.clear()
    await publish_all(context.broker, FETCH_TASK, page)


async def _announce(import_: Import, state: State, reason: str | None, context: Context) -> None:
    """Put the change among the import's events, for those who follow it."""
    log.info("import_steered", import_id=import_.id, state=state)
    event = ImportStateChanged(import_id=import_.id, state=state, reason=reason)
    await publish_all(context.broker, PROGRESS, [(PROGRESS.key_of(event), event.model_dump_json().encode())])
