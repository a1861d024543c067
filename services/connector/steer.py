"""Pausing, resuming and cancelling an import; each step may be asked for twice."""

from collections.abc import Sequence
from typing import Final

from services.connector.context import Context
from services.connector.problems import ApiError
from shared.contracts.channels import FETCH_TASK, PROGRESS
from shared.contracts.events import FetchTask, ImportStateChanged
from shared.kafka import publish_all
from shared.kinds import State
from shared.logging import get_logger
from shared.state.chores import Chore, ChoreKind
from shared.state.imports import Import, PausedBy

log = get_logger("connector")

_PAUSED: Final = "Paused on request. Nothing is lost: resume lets the import go on where it was."
_CANCELLED: Final = "Cancelled. What had arrived until then stays in Windshift."
_PAGE: Final = 500  # tasks in one go: they are small, and there may be a hundred thousand
_POSSIBLE: Final = {
    State.QUEUED: "pause or cancel",
    State.RUNNING: "pause or cancel",
    State.PAUSED: "resume or cancel",
    State.COMPLETED: "start a new import of its projects",
    State.COMPLETED_WITH_ERRORS: "retry what failed, or start a new import of its projects",
    State.FAILED: "start a new import of its projects",
    State.CANCELLED: "start a new import of its projects",
    State.UNDOING: "start a new import of its projects when it is undone",
    State.UNDONE: "start a new import of its projects",
}


async def pause(import_: Import, context: Context) -> None:
    """Stop reading Jira for an import; raises the 409 for one that has ended."""
    await _move(
        import_,
        State.PAUSED,
        context,
        only_from=(State.QUEUED, State.RUNNING),
        reason=_PAUSED,
        paused_by=PausedBy.REQUEST,
    )


async def cancel(import_: Import, context: Context) -> None:
    """End an import for good; raises the 409 for one that has ended otherwise."""
    open_states = (State.QUEUED, State.RUNNING, State.PAUSED)
    changed = await _move(import_, State.CANCELLED, context, only_from=open_states, reason=_CANCELLED)
    await context.state.imports.give_up_projects(import_.id)
    if changed:
        context.metrics.imports.labels(State.CANCELLED).inc()


async def resume(import_: Import, context: Context, *, connection_id: str = "") -> None:
    """Let a paused import go on where it was; raises the 409 for one that has ended.

    A dead credential may be replaced by naming a new connection. The tasks left the queue while the import
    was paused; the ledger still has every one of them.
    """
    if import_.state is State.PAUSED and connection_id:
        await context.state.imports.use_connection(import_.id, connection_id)
    publish = Chore(kind=ChoreKind.PUBLISH)
    if import_.state is not State.QUEUED:
        await _move(import_, State.RUNNING, context, only_from=(State.PAUSED,), then=(publish,))


async def _move(
    import_: Import,
    state: State,
    context: Context,
    *,
    only_from: Sequence[State],
    reason: str | None = None,
    paused_by: PausedBy | None = None,
    then: Sequence[Chore] = (),
) -> bool:
    """Set a state, once; False for an import that is in it already, the 409 where it cannot come about.

    Only the store is asked: who follows the import is told in the background, broker or not.
    """
    tell = Chore(kind=ChoreKind.TELL, spec={"state": state, "reason": reason})
    changed = await context.state.imports.set_state(
        import_.id, state, reason=reason, only_from=only_from, paused_by=paused_by, chores=(tell, *then)
    )
    if changed:
        log.info("import_steered", import_id=import_.id, state=state)
        context.chores.ring()
    elif (now := await context.state.imports.state_of(import_.id) or import_.state) is not state:
        raise impossible(now, state)
    return changed


async def publish_pending(import_: Import, _chore: Chore, context: Context) -> None:
    """Put the pending tasks of an import into the queue once more; what is done then is passed over."""
    for project_key in import_.project_keys:
        page: list[tuple[bytes, bytes]] = []
        async for task in context.state.ledger.pending(import_.id, project_key):
            event = FetchTask(
                import_id=import_.id,
                site=import_.site,
                task_id=task.id,
                project_key=project_key,
                kind=task.kind,
            )
            page.append((FETCH_TASK.key_of(event), event.model_dump_json().encode()))
            if len(page) == _PAGE:
                await publish_all(context.broker, FETCH_TASK, page)
                page.clear()
        await publish_all(context.broker, FETCH_TASK, page)


async def tell(import_: Import, chore: Chore, context: Context) -> None:
    """Put a change of state among the import's events."""
    event = ImportStateChanged(import_id=import_.id, **chore.spec)
    await publish_all(context.broker, PROGRESS, [(PROGRESS.key_of(event), event.model_dump_json().encode())])


def impossible(state: State, wanted: State) -> ApiError:
    """409 that says what is possible instead."""
    return ApiError(
        409, f"The job is {state} and cannot be {wanted} any more. Possible: {_POSSIBLE[state]}.", "CONFLICT"
    )
