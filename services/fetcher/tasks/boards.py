"""A project's boards, and all sprints of each: closed, active and to come."""

from collections.abc import Mapping
from typing import Any, Final

from services.fetcher.found import Found
from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from shared.errors import PermanentError
from shared.jira.endpoints import BOARD_SPRINTS, BOARDS
from shared.jira.entries import sift
from shared.jira.sprints import sprints_of
from shared.kinds import EntityKind, TaskKind

_PAGE: Final = 50  # as many as Jira gives
_MOST: Final = 5_000  # boards of a project, or sprints of a board
_KANBAN: Final = "kanban"  # has no sprints; Jira answers 400


async def fetch_boards(context: TaskContext) -> Outcome:
    """Read one page of boards; each has a task for its sprints.

    They may stay away: the agile routes have scopes of their own on Cloud, and want the account licensed.
    """
    session = context.session
    params = {"projectKeyOrId": session.run.project_id, **_place(context)}
    page = await context.optional(session.jira.get(BOARDS, params=params))
    outcome = Outcome()
    boards, bad = sift(page["values"]) if page is not None else ((), 0)
    outcome.letters += context.malformed(
        EntityKind.BOARD, f"boards of {context.task.project_key}#from{context.task.spec.get('start', 0)}", bad
    )
    for board in boards:
        # As Jira gave it: a board over several projects is found through each of them, and stays the same.
        outcome.add(session.origin, [Found(EntityKind.BOARD, str(board["id"]), board)])
        if board.get("type") != _KANBAN:
            spec = {"board": str(board["id"]), "start": 0}
            outcome.follow_ups.append(context.follow_up(TaskKind.SPRINTS, f"{board['id']}.000000", spec))
    if (start := _next(context, page)) is not None:
        outcome.follow_ups.append(context.follow_up(TaskKind.BOARDS, f"{start:06d}", {"start": start}))
    return outcome


async def fetch_sprints(context: TaskContext) -> Outcome:
    """Read one page of the sprints of the board `spec["board"]`; they are named as issues name them too."""
    board, session = context.task.spec["board"], context.session
    page = await context.optional(session.jira.get(BOARD_SPRINTS, board=board, params=_place(context)))
    outcome = Outcome()
    shown, bad = sift(page["values"]) if page is not None else ((), 0)
    for one in shown:
        sprints = sprints_of(one)
        bad += not sprints
        for sprint in sprints:
            found = Found(EntityKind.SPRINT, str(sprint["id"]), {**one, **sprint})
            outcome.add(session.origin, [found])
    outcome.letters += context.malformed(
        EntityKind.SPRINT, f"board {board}#from{context.task.spec['start']}", bad
    )
    if (start := _next(context, page)) is not None:
        spec = {"board": board, "start": start}
        outcome.follow_ups.append(context.follow_up(TaskKind.SPRINTS, f"{board}.{start:06d}", spec))
    return outcome


def _place(context: TaskContext) -> dict[str, str | int]:
    return {"startAt": int(context.task.spec.get("start", 0)), "maxResults": _PAGE}


def _next(context: TaskContext, page: Mapping[str, Any] | None) -> int | None:
    """Return where the next page begins: behind what came, since Jira may give less than it was asked for."""
    if page is None or page.get("isLast", True) or not page["values"]:
        return None
    start = int(context.task.spec.get("start", 0)) + len(page["values"])
    if start > _MOST:
        raise PermanentError(
            f"Jira gave {start} in {context.task.kind} and promises more: the walk would not end"
        )
    return start
