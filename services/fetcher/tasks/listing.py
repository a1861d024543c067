"""Lists the ids of a project's issues, a page per task: the plan from which all issue tasks are cut.

Cloud walks a page token over ids only. Data Center has neither tokens nor deep paging (it stops at 10,000),
so a window moves along the creation time, which never changes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from shared.errors import PermanentError
from shared.jira.endpoints import CLOUD_SEARCH, DC_SEARCH
from shared.kinds import EntityKind, TaskKind
from shared.state.ledger import Task

_EMPTY_PAGES: Final = 10  # a page may be empty and carry a token; an endless row of them is an error
_ORDER: Final = "ORDER BY created ASC, id ASC"


async def list_issues(context: TaskContext) -> Outcome:
    """Read one page of ids; follow-ups are the tasks that fetch them, and the next page.

    The page is kept in the ledger before anything is cut from it: a repeated task cuts the same tasks, even
    if issues were deleted in between.
    """
    listing = context.task.listing
    if listing is None:
        page = await (_cloud_page if context.session.cloud else _window)(context)
        listing = await context.ledger.keep_listing(context.task, page)
    return Outcome(
        follow_ups=[*_issue_tasks(context, listing["ids"]), *_next_page(context, listing["next"])],
        totals={EntityKind.ISSUE: len(listing["ids"])},
    )


def _issue_tasks(context: TaskContext, ids: Sequence[str]) -> list[Task]:
    size = context.settings.issues_per_task
    page = context.task.ordinal
    return [
        context.follow_up(
            TaskKind.ISSUES, f"{page}.{start // size:03d}", {"ids": list(ids[start : start + size])}
        )
        for start in range(0, len(ids), size)
    ]


def _next_page(context: TaskContext, spec: Mapping[str, Any] | None) -> list[Task]:
    if spec is None:
        return []
    return [context.follow_up(TaskKind.LIST, f"{int(context.task.ordinal) + 1:06d}", spec)]


def _scope(context: TaskContext) -> str:
    scope = f'project = "{context.session.run.project_key}"'
    return f"{scope} AND statusCategory != Done" if context.session.import_.open_issues_only else scope


async def _cloud_page(context: TaskContext) -> dict[str, Any]:
    spec = context.task.spec
    body = {
        "jql": f"{_scope(context)} {_ORDER}",
        "fields": ["id"],
        "maxResults": context.settings.listing_page,
    }
    if token := spec.get("token"):
        body["nextPageToken"] = token
    answer = await context.session.jira.post(CLOUD_SEARCH, body)
    ids = _ids(answer["issues"])
    following = answer.get("nextPageToken")
    if not following:
        return {"ids": ids, "next": None}
    mark = spec.get("mark")
    if following == token or (ids and mark == [ids[0], ids[-1]]):
        raise PermanentError(f"Jira repeats itself at page {context.task.ordinal}: the walk would not end")
    page = int(context.task.ordinal) + 1
    if ids and page & (page - 1) == 0:
        mark = [ids[0], ids[-1]]  # of pages 1, 2, 4, 8 ...: finds a circle of any length
    return {"ids": ids, "next": {"token": following, "empty": _empty(spec, ids), "mark": mark}}


def _ids(issues: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(issue["id"]) for issue in issues))


def _empty(spec: Mapping[str, Any], ids: Sequence[str]) -> int:
    """Count the pages in a row that brought nothing new."""
    empty = 0 if ids else int(spec.get("empty", 0)) + 1
    if empty > _EMPTY_PAGES:
        raise PermanentError(f"Jira gave {empty} empty pages in a row, each promising a next one")
    return empty


async def _window(context: TaskContext) -> dict[str, Any]:
    spec = context.task.spec
    since, start = spec.get("since"), int(spec.get("start", 0))
    window = f' AND created >= "{since}"' if since else ""
    answer = await context.session.jira.post(
        DC_SEARCH,
        {
            "jql": f"{_scope(context)}{window} {_ORDER}",
            "fields": ["created"],
            "startAt": start,
            "maxResults": context.settings.listing_page,
        },
    )
    issues = answer["issues"]
    known = set(spec.get("known", ()))
    ids = [id_ for id_ in _ids(issues) if id_ not in known]
    if not issues or start + len(issues) >= answer["total"]:
        return {"ids": ids, "next": None}
    following = _following_window(issues, context.session.zone, since=since, start=start, known=known)
    return {"ids": ids, "next": {**following, "empty": _empty(spec, ids)}}


def _following_window(
    issues: Sequence[Mapping[str, Any]],
    zone: ZoneInfo,
    *,
    since: str | None,
    start: int,
    known: set[str],
) -> dict[str, Any]:
    """Move the window to the minute of the last issue, or, where one minute fills the page, on inside of it.

    `known` are the ids that the next window shows again.
    """
    minutes = [jql_minute(issue["fields"]["created"], zone) for issue in issues]
    if since is not None and minutes[-1] <= since:
        return {"since": since, "start": start + len(issues), "known": sorted(known)}
    again = {str(issue["id"]) for issue, minute in zip(issues, minutes, strict=True) if minute >= minutes[-1]}
    return {"since": minutes[-1], "start": 0, "known": sorted(again)}


def jql_minute(created: str, zone: ZoneInfo) -> str:
    """Return the minute of a time as JQL reads it: without seconds, in the account's time zone.

    A minute that the end of summer time repeats is moved back before the repetition: a window may overlap,
    and must never begin too late.
    """
    local = datetime.fromisoformat(created).astimezone(zone)
    while local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local = (local.replace(tzinfo=None) - timedelta(hours=1)).replace(tzinfo=zone)
    return local.strftime("%Y-%m-%d %H:%M")
