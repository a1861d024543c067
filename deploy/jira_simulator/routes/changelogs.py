"""The changes of many issues at once (Cloud only)."""

from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

from deploy.jira_simulator import page_tokens
from deploy.jira_simulator.accounts import WORK
from deploy.jira_simulator.data.moments import from_jira
from deploy.jira_simulator.errors import bad_request
from deploy.jira_simulator.http import Answer, Call, Endpoint, json, post

_ISSUES, _FIELDS, _PAGE = 1000, 10, 10_000  # at most

Entry = tuple[int, int, Any]  # issue, number of the change within it, the change


def bulk_fetch(call: Call) -> Answer:
    """A page counts changes, and may end in the middle of an issue."""
    asked, fields = call.body.get("issueIdsOrKeys") or [], call.words("fieldIds")
    most = call.number("maxResults", 1000)
    if not 1 <= len(asked) <= _ISSUES:
        raise bad_request(f"issueIdsOrKeys: size must be between 1 and {_ISSUES}")
    if len(fields) > _FIELDS:
        raise bad_request(f"fieldIds: size must be between 0 and {_FIELDS}")
    if not 1 <= most <= _PAGE:
        raise bad_request(f"maxResults: must be between 1 and {_PAGE}")
    owner = page_tokens.bound(sorted(map(str, asked)), sorted(fields))
    token = call.body.get("nextPageToken")
    issue, number = page_tokens.decode(owner, token) if token else (0, 0)
    page = list(islice(_walk(call, asked, frozenset(fields), issue, number), most + 1))
    logs = [_log(*group) for group in groupby(page[:most], key=lambda entry: entry[0])]
    more = {"nextPageToken": page_tokens.encode(owner, *page[most][:2])} if len(page) > most else {}
    return json({"issueChangeLogs": logs, **more})


def _walk(
    call: Call, asked: list[str | int], fields: frozenset[str], from_issue: int, from_number: int
) -> Iterator[Entry]:
    for issue in call.issues(asked):
        if issue < from_issue:
            continue
        for number, history in enumerate(call.world.site.doc(issue, call.shape).histories):
            if (issue, number) < (from_issue, from_number):
                continue
            if not fields or any(item.get("fieldId") in fields for item in history["items"]):
                yield issue, number, history


def _log(issue: int, entries: Iterator[Entry]) -> dict[str, Any]:
    """This route alone writes times as milliseconds since the epoch."""
    histories = [{**history, "created": from_jira(history["created"])} for _, _, history in entries]
    return {"issueId": str(issue), "changeHistories": histories}


_BODY = {"issueIdsOrKeys": (list,), "fieldIds": (list,), "maxResults": (int,), "nextPageToken": (str,)}

CLOUD: tuple[Endpoint, ...] = (
    post("/rest/api/3/changelog/bulkfetch", bulk_fetch, _BODY, scopes=frozenset({WORK})),
)
