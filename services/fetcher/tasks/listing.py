"""Lists the ids of a project's issues, a page per task: the plan from which all issue tasks are cut."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from services.fetcher.tasks.history import ISSUES_PER_HISTORY
from shared.jira.jql import scope_of
from shared.jira.listing import Listing
from shared.kinds import EntityKind, TaskKind
from shared.state.ledger import Task


async def list_issues(context: TaskContext) -> Outcome:
    """Read one page of ids; follow-ups are the tasks that fetch them, and the next page.

    The page is kept in the ledger before anything is cut from it: a repeated task cuts the same tasks, even
    if issues were deleted in between.
    """
    listing = context.task.listing
    if listing is None:
        page = await _listing(context).page(context.task.spec)
        listing = await context.ledger.keep_listing(context.task, {"ids": page.ids, "next": page.next})
    return Outcome(
        follow_ups=[
            *_cut(context, TaskKind.ISSUES, listing["ids"], context.settings.issues_per_task),
            *_history_tasks(context, listing["ids"]),
            *_next_page(context, listing["next"]),
        ],
        totals={EntityKind.ISSUE: len(listing["ids"])},
    )


def _listing(context: TaskContext) -> Listing:
    session = context.session
    return Listing(
        jira=session.jira,
        cloud=session.cloud,
        zone=session.connection.zone,
        jql=scope_of(session.run.project_key, *session.import_.restrictions),
        size=context.settings.listing_page,
    )


def _history_tasks(context: TaskContext, ids: Sequence[str]) -> list[Task]:
    """Data Center embeds the whole history in its issues, Cloud only the end of it."""
    return _cut(context, TaskKind.HISTORY, ids, ISSUES_PER_HISTORY) if context.session.cloud else []


def _cut(context: TaskContext, kind: TaskKind, ids: Sequence[str], size: int) -> list[Task]:
    page = context.task.ordinal
    return [
        context.follow_up(kind, f"{page}.{start // size:03d}", {"ids": list(ids[start : start + size])})
        for start in range(0, len(ids), size)
    ]


def _next_page(context: TaskContext, spec: Mapping[str, Any] | None) -> list[Task]:
    if spec is None:
        return []
    return [context.follow_up(TaskKind.LIST, f"{int(context.task.ordinal) + 1:06d}", spec)]
