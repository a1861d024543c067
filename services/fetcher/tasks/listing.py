"""Lists the ids of a project's issues, a page per task: the plan from which all issue tasks are cut."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from services.fetcher.tasks.history import ISSUES_PER_HISTORY
from shared.jira.jql import minute_of, scope_of
from shared.jira.listing import Listing
from shared.kinds import EntityKind, TaskKind
from shared.state.ledger import Task


async def list_issues(context: TaskContext) -> Outcome:
    """Read one page of ids; follow-ups are the tasks that fetch them, and the next page.

    The page is kept in the ledger before anything is cut from it: a repeated task cuts the same tasks, even
    if issues were deleted in between. Of all issues, those are fetched that were not known before; of those
    that changed lately, the known ones; of those that a task names, each.
    """
    spec, listing = context.task.spec, context.task.listing
    if listing is None:
        listing = await context.ledger.keep_listing(context.task, await _page(context))
    ids: Sequence[str] = listing["ids"]
    if (walk := spec.get("walk")) != "again":
        known = await context.known()
        ids = [id_ for id_ in ids if (id_ in known) is (walk == "changed")]
    return Outcome(
        follow_ups=[
            *context.cut(TaskKind.ISSUES, ids, context.settings.issues_per_task),
            # Data Center embeds the whole history in its issues, Cloud only the end of it.
            *(context.cut(TaskKind.HISTORY, ids, ISSUES_PER_HISTORY) if context.session.cloud else ()),
            *_next_page(context, listing["next"]),
        ],
        totals={EntityKind.ISSUE: len(ids)} if ids else {},
    )


async def _page(context: TaskContext) -> Mapping[str, Any]:
    spec = context.task.spec
    if spec.get("walk") == "again":
        return {"ids": spec["ids"], "next": None}
    page = await _listing(context).page(spec.get("place", {}))
    return {"ids": page.ids, "next": page.next}


def _listing(context: TaskContext) -> Listing:
    session, spec = context.session, context.task.spec
    changed = ""
    if spec.get("walk") == "changed":
        overlapping = datetime.fromisoformat(spec["since"]) - context.settings.changes_overlap
        changed = f'updated >= "{minute_of(overlapping, session.connection.zone)}"'
    return Listing(
        jira=session.jira,
        cloud=session.cloud,
        zone=session.connection.zone,
        jql=scope_of(session.run.project_key, *session.import_.restrictions, changed),
        size=context.settings.listing_page,
    )


def _next_page(context: TaskContext, place: Mapping[str, Any] | None) -> list[Task]:
    if place is None:
        return []
    walk, number = context.task.ordinal[:-6], int(context.task.ordinal[-6:])
    spec = {**context.task.spec, "place": place}
    return [context.follow_up(TaskKind.LIST, f"{walk}{number + 1:06d}", spec)]
