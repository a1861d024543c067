"""What hangs on an issue: the lists inside of its JSON, which Jira cuts, and the same lists read whole."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from shared.jira.client import JiraClient
from shared.jira.endpoints import WORKLOGS, Endpoint

Json: TypeAlias = Mapping[str, Any]

_MEMBER_OF: Final = {"comment": "comments", "worklog": "worklogs"}
_PAGE: Final = 100  # Jira's own default for comments on Cloud


def objects(value: Any) -> Sequence[Json]:
    """Return the objects of a list; nothing for what is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else ()


def sift(value: Any) -> tuple[Sequence[Json], int]:
    """Return the objects of a list that have an id, and how many others there are; what is no list is one."""
    if not isinstance(value, list):
        return (), 1
    good = [item for item in objects(value) if item.get("id")]
    return good, len(value) - len(good)


def embedded(fields: Json, field: str) -> Sequence[Json]:
    """Return the comments (`comment`) or worklogs (`worklog`) that came inside an issue."""
    page = fields.get(field)
    return objects(page.get(_MEMBER_OF[field])) if isinstance(page, dict) else ()


def truncated(fields: Json, field: str) -> bool:
    """Tell whether Jira may hold other comments (worklogs) of an issue than it embedded.

    So it may where the count does not fit the list, or either is not to be found.
    """
    page = fields.get(field)
    if not isinstance(page, dict):
        return page is not None
    return page.get("total") != len(embedded(fields, field))


async def read_entries(
    jira: JiraClient,
    endpoint: Endpoint,
    member: str,
    issue: str,
    *,
    cloud: bool,
    start: int,
    most: int,
    expand: str = "",
) -> tuple[dict[str, Json], int]:
    """Read up to `most` entries of an issue from `start` on; return them by id, and Jira's total.

    A full page is no end, whatever the total says: there may be more than it counts.
    """
    found: dict[str, Json] = {}
    position, end = start, start + most
    paged = cloud or endpoint is not WORKLOGS  # those of Data Center take no parameters
    while True:
        size = min(_PAGE, end - position)
        params: dict[str, str | int] = {"startAt": position, "maxResults": size} if paged else {}
        if expand:
            params["expand"] = expand
        answer = await jira.get(endpoint, issue=issue, params=params)
        items = answer[member]
        # A server that ignores paging answers all of them: only those that were asked for are taken.
        whole = not paged or len(items) > size
        taken = items[start:end] if whole else items
        fresh = {str(item["id"]): item for item in taken if str(item["id"]) not in found}
        found |= fresh
        position += len(items)
        total = int(answer["total"])
        is_last = position >= total and len(items) < size
        if whole or not fresh or is_last or position >= end:
            return found, total


def to_millis(moment: str | None) -> int | None:
    """Read Jira's `2015-12-02T07:39:15.000-0800`; None for what is no time (the loader names such fields)."""
    if not isinstance(moment, str):
        return None
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return None
    # Without an offset it must not mean the zone of this machine.
    return round((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)
