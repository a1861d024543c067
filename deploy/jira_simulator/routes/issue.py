"""One issue and what hangs on it: comments, worklogs, history, watchers, votes, remote links."""

from collections.abc import Sequence
from typing import Any

from deploy.jira_simulator.accounts import WORK
from deploy.jira_simulator.data.model import Doc
from deploy.jira_simulator.data.moments import from_jira
from deploy.jira_simulator.errors import bad_request
from deploy.jira_simulator.http import Answer, Call, Endpoint, get, json, window
from deploy.jira_simulator.issues import Presenter, Wanted, embedded_comments, without_properties

_ISSUE = "/issue/{issueIdOrKey}"
_LARGEST = 5000
_ALL_OF_THEM = 1_048_576  # what Data Center echoes when no page size was given
_ORDERS = frozenset({"", "created", "+created", "-created", " created"})


def issue(call: Call) -> Answer:
    comments = embedded_comments(call.world, single=True)
    presenter = Presenter(
        call.world, call.shape, Wanted(call.words("fields"), "*all"), call.words("expand"), comments
    )
    return json(presenter.show(call.issue()) | presenter.names())


def comments(call: Call) -> Answer:
    order = call.text("orderBy")
    if order not in _ORDERS:
        raise bad_request(f"Not able to sort by '{order}'; supported: created.")
    entries = _doc(call).comments
    if order == "-created":
        entries = entries[::-1]
    largest, default = (_LARGEST, 100) if call.shape.cloud else (_ALL_OF_THEM, _ALL_OF_THEM)
    start, most = window(call, default, largest)
    page = entries[start : start + most]
    if "properties" in call.words("expand"):
        page = [{"properties": [], **entry} for entry in page]
    else:
        page = without_properties(page)
    return json({"startAt": start, "maxResults": most, "total": len(entries), "comments": page})


def worklogs(call: Call) -> Answer:
    entries = _doc(call).worklogs
    after, before = call.number("startedAfter", -1), call.number("startedBefore", 1 << 62)
    if after >= 0 or "startedBefore" in call.query:
        entries = [entry for entry in entries if after < from_jira(entry["started"]) < before]
    largest = _LARGEST if call.shape.cloud else max(1, len(entries))
    return _page(call, "worklogs", entries, *window(call, largest, largest))


def changelog(call: Call) -> Answer:
    entries = _doc(call).histories
    start, most = window(call, 100, 100)
    values = entries[start : start + most]
    page: dict[str, Any] = {
        "startAt": start,
        "maxResults": most,
        "total": len(entries),
        "isLast": start + most >= len(entries),
    }
    address = f"{call.shape.api}/issue/{call.params['issueIdOrKey']}/changelog"
    if not page["isLast"]:
        page["nextPage"] = f"{address}?startAt={start + most}&maxResults={most}"
    return json({"self": f"{address}?startAt={start}&maxResults={most}", **page, "values": values})


def watchers(call: Call) -> Answer:
    entries = list(_doc(call).watchers)
    shown = {"self": _address(call, "watchers"), "isWatching": False, "watchCount": len(entries)}
    return json(shown | {"watchers": _named(call, entries)})


def votes(call: Call) -> Answer:
    entries = list(_doc(call).voters)
    shown = {"self": _address(call, "votes"), "votes": len(entries), "hasVoted": False}
    return json(shown | {"voters": _named(call, entries)})


def _named(call: Call, entries: list[Any]) -> list[Any]:
    """Without the permission to view voters and watchers there is only their number."""
    return entries if call.login.sees_all else []


def _address(call: Call, part: str) -> str:
    return f"{call.shape.api}/issue/{call.params['issueIdOrKey']}/{part}"


def remote_links(call: Call) -> Answer:
    entries = list(_doc(call).remote_links)
    if "globalId" not in call.query:
        return json(entries)
    for entry in entries:
        if entry["globalId"] == call.text("globalId"):
            return json(entry)
    raise bad_request("No remote issue link with that global id.")


def _doc(call: Call) -> Doc:
    return call.world.site.doc(call.issue(), call.shape)


def _page(call: Call, name: str, entries: Sequence[Any], start: int, most: int) -> Answer:
    shown = entries[start : start + most]
    return json({"startAt": start, "maxResults": most, "total": len(entries), name: shown})


_SCOPE = frozenset({WORK})
_CLOUD = "/rest/api/3" + _ISSUE
_DC = "/rest/api/2" + _ISSUE

CLOUD: tuple[Endpoint, ...] = (
    get(_CLOUD, issue, "fields fieldsByKeys expand properties updateHistory failFast", scopes=_SCOPE),
    get(f"{_CLOUD}/comment", comments, "startAt maxResults orderBy expand", scopes=_SCOPE),
    get(f"{_CLOUD}/worklog", worklogs, "startAt maxResults startedAfter startedBefore expand", scopes=_SCOPE),
    get(f"{_CLOUD}/changelog", changelog, "startAt maxResults", scopes=_SCOPE),
    get(f"{_CLOUD}/watchers", watchers, scopes=_SCOPE),
    get(f"{_CLOUD}/votes", votes, scopes=_SCOPE),
    get(f"{_CLOUD}/remotelink", remote_links, "globalId", scopes=_SCOPE),
)
DATACENTER: tuple[Endpoint, ...] = (
    get(_DC, issue, "fields expand properties updateHistory"),
    get(f"{_DC}/comment", comments, "startAt maxResults orderBy expand"),
    get(f"{_DC}/worklog", worklogs),
    get(f"{_DC}/watchers", watchers),
    get(f"{_DC}/votes", votes),
    get(f"{_DC}/remotelink", remote_links, "globalId"),
)
