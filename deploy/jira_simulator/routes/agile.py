"""Boards and sprints: a scrum board for each project."""

from typing import Any

from deploy.jira_simulator.data.render import sprints
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
    if call.words("type") and "scrum" not in call.words("type"):
        found = []
    return _page(call, [_board(call, number) for number in found])


def board(call: Call) -> Answer:
    return json(_board(call, _number(call)))


def configuration(call: Call) -> Answer:
    shown = _board(call, _number(call))
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
    found = _sprints(call, _number(call))
    return _page(call, [sprint for sprint in found if not states or sprint["state"] in states])


def sprint(call: Call) -> Answer:
    text = call.params["sprintId"]
    number = (int(text) - 1) // 4 if text.isdigit() else -1
    for found in _sprints(call, number) if number in call.visible else ():
        if str(found["id"]) == text:
            return json(found)
    raise messages(404, "The requested sprint cannot be viewed because it does not exist.")


def _number(call: Call) -> int:
    text = call.params["boardId"]
    number = int(text) - 1 if text.isdigit() else -1
    if number not in call.visible:
        raise messages(404, "The requested board cannot be viewed because it either does not exist.")
    return number


def _sprints(call: Call, project: int) -> list[dict[str, Any]]:
    """Only generated sites know their sprints apart from the issues that name them."""
    if call.world.config.data:
        return []
    root = call.shape.root + _ROOT
    found = []
    for given in sprints(project):
        shown = {name: value for name, value in given.items() if name != "boardId"}
        found.append({"self": f"{root}/sprint/{given['id']}", **shown})
    return found


def _board(call: Call, number: int) -> dict[str, Any]:
    project = call.world.site.projects[number]
    shown = {
        "id": number + 1,
        "self": f"{call.shape.root}{_ROOT}/board/{number + 1}",
        "name": f"{project.key} board",
    }
    place = {"projectId": int(project.id), "projectKey": project.key, "projectName": project.name}
    return {**shown, "type": "scrum", "location": place}


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
