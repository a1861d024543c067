"""Walks over the issues that a JQL finds, page by page, so that edits during the walk hide none of them.

Cloud walks a page token. Data Center has neither tokens nor deep paging (it stops at 10,000), so a window
moves along the creation time, which never changes.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from shared.errors import PermanentError
from shared.jira.client import JiraClient
from shared.jira.endpoints import CLOUD_SEARCH, DC_SEARCH
from shared.jira.jql import minute_of

Issue: TypeAlias = Mapping[str, Any]
Place: TypeAlias = Mapping[str, Any]

_EMPTY_PAGES: Final = 10  # a page may be empty and carry a token; an endless row of them is an error
_RESTARTS: Final = 10  # of one minute of Data Center, from which issues vanish while it is read
_ORDER: Final = "ORDER BY created ASC, id ASC"


@dataclass(frozen=True, slots=True)
class Page:
    """Issues, each once and none that the page before had; `next` is None at the end."""

    issues: list[Issue]
    next: dict[str, Any] | None

    @property
    def ids(self) -> list[str]:
        """The ids of the issues, in order."""
        return [str(issue["id"]) for issue in self.issues]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The issues that a JQL finds with some of their fields (without any: just their ids).

    `jql` has no order of its own, and holds together when more is added with AND. `zone` is the account's,
    in which Jira reads the dates of JQL. `size` is how many issues are asked for; Jira may give fewer.
    """

    jira: JiraClient
    cloud: bool
    zone: ZoneInfo
    jql: str
    size: int
    fields: Sequence[str] = ()

    async def pages(self) -> AsyncIterator[Page]:
        """Iterate over the whole walk; PermanentError when Jira would let it go on for ever."""
        place: Place | None = {}
        while place is not None:
            page = await self.page(place)
            yield page
            place = page.next

    async def page(self, place: Place) -> Page:
        """Read the page that begins at a place: `{}`, or the `next` of another one.

        A place is JSON, so that another process can go on from there.
        """
        return await (self._cloud_page(place) if self.cloud else self._window(place))

    async def _cloud_page(self, place: Place) -> Page:
        body = {
            "jql": f"{self.jql} {_ORDER}",
            "fields": list(self.fields) or ["id"],
            "maxResults": self.size,
        }
        if token := place.get("token"):
            body["nextPageToken"] = token
        answer = await self.jira.post(CLOUD_SEARCH, body)
        page = Page(_distinct(answer["issues"]), None)
        if not (following := answer.get("nextPageToken")):
            return page
        ids, number, mark = page.ids, int(place.get("page", 0)), place.get("mark")
        if following == token or (ids and mark == [ids[0], ids[-1]]):
            raise PermanentError(f"Jira repeats itself at page {number}: the walk would not end")
        number += 1
        if ids and number & (number - 1) == 0:
            mark = [ids[0], ids[-1]]  # of pages 1, 2, 4, 8 ...: finds a circle of any length
        empty = _empty(place, page.issues)
        return Page(page.issues, {"token": following, "empty": empty, "mark": mark, "page": number})

    async def _window(self, place: Place) -> Page:
        """Read the window from the minute `since` on, or go on inside of a minute that fills it.

        Inside, a page begins with the last issue of the page before: where another one stands now, issues
        were deleted, and others moved up past the place unseen. The minute is then read from its beginning.
        """
        place = _as_read_in(self.zone, place)
        since, last = place.get("since"), place.get("last")
        window = f' AND created >= "{since}"' if since else ""
        answer = await self.jira.post(
            DC_SEARCH,
            {
                "jql": f"{self.jql}{window} {_ORDER}",
                "fields": [*self.fields, "created"],
                "startAt": (start := int(place.get("start", 0))),
                "maxResults": max(self.size, 2),  # one of them may be `last`
            },
        )
        found = answer["issues"]
        if last is not None and (not found or str(found[0]["id"]) != last):
            return Page([], _restarted(place))
        known = {last, *place.get("known", ())}
        fresh = [issue for issue in _distinct(found) if str(issue["id"]) not in known]
        # A full page is no end, whatever the total says; Jira echoes how many it gives at most.
        full = len(found) >= int(answer.get("maxResults", self.size))
        if not found or (start + len(found) >= answer["total"] and not full):
            return Page(fresh, None)
        return Page(fresh, {**_following(found, self.zone, place), "empty": _empty(place, fresh)})


def _distinct(issues: Sequence[Issue]) -> list[Issue]:
    return list({str(issue["id"]): issue for issue in issues}.values())


def _empty(place: Place, fresh: Sequence[Issue]) -> int:
    """Count the pages in a row that brought nothing new."""
    empty = 0 if fresh else int(place.get("empty", 0)) + 1
    if empty > _EMPTY_PAGES:
        raise PermanentError(f"Jira gave {empty} empty pages in a row, each promising a next one")
    return empty


def _restarted(place: Place) -> dict[str, Any]:
    restarts = int(place.get("restarts", 0)) + 1
    if restarts > _RESTARTS:
        raise PermanentError(f"The issues of the minute {place['since']} do not stand still: read them later")
    return {**_since(place), "start": 0, "known": place["known"], "restarts": restarts}


def _following(issues: Sequence[Issue], zone: ZoneInfo, place: Place) -> dict[str, Any]:
    """Move the window to the minute of the last issue, or, where one minute fills the page, on inside of it.

    `known` are the ids that the next window shows again.
    """
    since, start = place.get("since"), int(place.get("start", 0))
    minutes = [minute_of(issue["fields"]["created"], zone) for issue in issues]
    if since is not None and minutes[-1] <= since:
        kept = {"known": list(place.get("known", ())), "restarts": int(place.get("restarts", 0))}
        return {**_since(place), "start": start + len(issues) - 1, "last": str(issues[-1]["id"]), **kept}
    again = {str(issue["id"]) for issue, minute in zip(issues, minutes, strict=True) if minute >= minutes[-1]}
    return {"since": minutes[-1], "zone": zone.key, "start": 0, "known": sorted(again)}


def _since(place: Place) -> dict[str, Any]:
    return {"since": place["since"], "zone": place.get("zone")}


def _as_read_in(zone: ZoneInfo, place: Place) -> Place:
    """Return the place as this account reads dates: the walk may have begun as another one elsewhere."""
    if place.get("zone") in (None, zone.key):
        return place
    since = datetime.fromisoformat(place["since"]).replace(tzinfo=ZoneInfo(place["zone"]))
    return {**place, "since": minute_of(since, zone), "zone": zone.key}
