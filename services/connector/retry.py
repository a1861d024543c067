"""Trying again what failed: asked for here, done in the background by `redo`."""

from dataclasses import dataclass
from typing import Final

from services.connector.context import Context
from services.connector.problems import ApiError, not_found
from shared.kinds import LOADED_STATES, State
from shared.logging import get_logger
from shared.state.chores import Chore, ChoreKind
from shared.state.dead_letters import Choice
from shared.state.imports import Import
from shared.state.retries import Retry

log = get_logger("connector")

_INSTEAD: Final = {
    State.QUEUED: "wait until it has ended",
    State.RUNNING: "wait until it has ended",
    State.PAUSED: "resume it, and wait until it has ended",
}
_ELSE: Final = "start a new import of its projects"


@dataclass(frozen=True, slots=True)
class Asked:
    """What becomes of the dead letters that were meant."""

    message: str
    retried: int = 0
    passed_over: int = 0


_UNDER_WAY: Final = Asked("That is being tried again already.")


async def retry(
    import_: Import,
    choice: Choice,
    context: Context,
    *,
    read_again: bool = False,
    connection_id: str = "",
) -> Asked:
    """Let an import that has ended run again for the letters that are meant; for none, it stays as it is.

    Asking once more while that runs changes nothing. Raises the 409 for an import that did not end, or whose
    projects another import has or had after it, and the 404 for a name that no letter ever had.
    """
    if _is_under_way(import_, choice):
        return _UNDER_WAY
    if import_.state not in LOADED_STATES:
        instead = _INSTEAD.get(import_.state, _ELSE)
        raise _conflict(f"The job is {import_.state}: what failed cannot be retried; {instead}.")
    await _ensure_known(import_, choice, context)
    asked = await _ask(import_, choice, context)
    if not asked.retried:
        return asked
    await _ensure_free(import_, context)
    if connection_id:
        await context.state.imports.use_connection(import_.id, connection_id)
    number = import_.retry.number + 1 if import_.retry else 1
    tell = Chore(kind=ChoreKind.TELL, spec={"state": State.RUNNING, "reason": None})
    chores = (tell, Chore(kind=ChoreKind.RETRY), Chore(kind=ChoreKind.PUBLISH))
    begun = Retry(number=number, choice=choice, read_again=read_again)
    if not await context.state.retries.begin(import_.id, begun, chores):
        now = await context.state.imports.get(import_.id)  # somebody was faster
        if now is None or not _is_under_way(now, choice):
            raise _conflict("The job is being retried already, for others; wait until it has ended.")
        return _UNDER_WAY
    log.info("retry_requested", import_id=import_.id, number=number, letters=asked.retried)
    context.chores.ring()
    return asked


async def _ask(import_: Import, choice: Choice, context: Context) -> Asked:
    letters = context.state.dead_letters
    retried = await letters.count(import_.id, choice, waiting=True)
    left = await letters.count(import_.id, choice) - retried
    if not retried and not left:
        return Asked("Nothing of that has failed, or it arrived since: there is nothing to retry.")
    message = f"{retried} dead letters are tried again."
    if left:
        message += f" {left} cannot be: jobs/{import_.id}/dead-letters says why."
    return Asked(message, retried, left)


def _is_under_way(import_: Import, choice: Choice) -> bool:
    """Tell whether just that is being tried again: all that failed, or the same letters."""
    return (
        import_.state is State.RUNNING
        and import_.retry is not None
        and import_.retry.choice in (choice, Choice())
    )


async def _ensure_known(import_: Import, choice: Choice, context: Context) -> None:
    unknown = await context.state.dead_letters.unknown(import_.id, choice.names or ())
    if unknown:
        raise not_found(f"dead letter {unknown[0]!r}")


async def _ensure_free(import_: Import, context: Context) -> None:
    state = context.state
    if busy := await state.retries.busy_elsewhere(import_.id, import_.site, import_.project_keys):
        project, other = busy
        raise _conflict(f"Project {project} is being imported by job {other}; wait until that one has ended.")
    if later := await state.imports.later(import_):
        raise _conflict(
            f"Job {later.id} has imported the same projects since: retry that one, or import them again."
        )
    if any(remap.finished_at is None for remap in await state.remaps.of([import_.id])):
        raise _conflict("Another mapping is being applied to the job; wait until that has ended.")


def _conflict(message: str) -> ApiError:
    return ApiError(409, message, "CONFLICT")
