"""Boards and their sprints."""

from typing import Any

from deploy.jira_simulator.errors import bad_request, messages
from deploy.jira_simulator.http import Answer, Call, Endpoint, get, json, window

_ROOT = "/rest/agile/1.0"
_STATES = frozenset({"future", "active", "closed"})
_BOARDS = frozenset({"read:board-scope:jira-software", "read:project:jira"})
_BOARD = frozenset({"read:board-scope:jira-software", "read:issue-details:jira"})
_CONFIGURATION = frozenset({"read:board-scope.admin:jira-software", "read:project:jira"})
_SPRINT = frozenset({"read:sprint:jira-software"})


def boards(call: Call) -> Answer:
    found = sorted(call.visible)
    wanted = call.text("projectKeyOrId").upper()
    if wanted:
        projects = call.world.site.projects
        found = [number for number in found if wanted in (projects[number].key, projects[number].id)]
        if not found:
            raise bad_request(f"No project could be found with key or id '{wanted}'.")
    kinds, data = call.words("type"), call.world.site.data
    shown = {board["id"]: board for number in found for board in data.boards(number)}
    return _page(call, [_board(call, one) for one in shown.values() if not kinds or one["type"] in kinds])


def board(call: Call) -> Answer:
    return json(_board(call, _visible(call)))


def configuration(call: Call) -> Answer:
    shown = _board(call, _visible(call))
    columns = [
        {"name": status["name"], "statuses": [{"id": status["id"]}]}
        for status in call.world.site.data.catalog.statuses
    ]
    extra = {"filter": {"id": str(10_000 + shown["id"])}, "ranking": {"rankCustomFieldId": 10019}}
    return json({**shown, **extra, "columnConfig": {"columns": columns, "constraintType": "none"}})


def board_sprints(call: Call) -> Answer:
    states = set(call.words("state"))
    if not states <= _STATES:
        raise bad_request("The sprint state must be one of future, active, closed.")
    shown = _visible(call)
    if shown["type"] != "scrum":
        raise bad_request("The board does not support sprints")
    found = call.world.site.data.sprints(shown["id"])
    return _page(call, [_sprint(call, one) for one in found if not states or one["state"] in states])


def sprint(call: Call) -> Answer:
    data, text = call.world.site.data, call.params["sprintId"]
    shown = {board["id"] for number in call.visible for board in data.boards(number)}
    for found in (one for board in shown for one in data.sprints(board)):
        if str(found["id"]) == text:
            return json(_sprint(call, found))
    raise messages(404, "The requested sprint cannot be viewed because it does not exist.")


def _visible(call: Call) -> dict[str, Any]:
    for number in call.visible:
        for found in call.world.site.data.boards(number):
            if str(found["id"]) == call.params["boardId"]:
                return dict(found)
    raise messages(404, "The requested board cannot be viewed because it either does not exist.")


def _sprint(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    return {"self": f"{call.shape.root}{_ROOT}/sprint/{given['id']}", **given}


def _board(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    return {"self": f"{call.shape.root}{_ROOT}/board/{given['id']}", **given}


def _page(call: Call, entries: list[Any]) -> Answer:
    start, most = window(call, 50, 50)
    is_last = start + most >= len(entries)
    page = {"maxResults": most, "startAt": start, "total": len(entries), "isLast": is_last}
    return json(page | {"values": entries[start : start + most]})


_CLOUD_BOARDS = (
    "startAt maxResults type name projectKeyOrId accountIdLocation projectLocation includePrivate "
    "negateLocationFiltering orderBy expand projectTypeLocation filterId"
)


def _endpoints(board_query: str) -> tuple[Endpoint, ...]:
    return (
        get(f"{_ROOT}/board", boards, board_query, scopes=_BOARDS),
        get(f"{_ROOT}/board/{{boardId}}", board, scopes=_BOARD),
        get(f"{_ROOT}/board/{{boardId}}/configuration", configuration, scopes=_CONFIGURATION),
        get(f"{_ROOT}/board/{{boardId}}/sprint", board_sprints, "startAt maxResults state", scopes=_SPRINT),
        get(f"{_ROOT}/sprint/{{sprintId}}", sprint, scopes=_SPRINT),
    )


CLOUD = _endpoints(_CLOUD_BOARDS)
DATACENTER = _endpoints("startAt maxResults type name projectKeyOrId")
