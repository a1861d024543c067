"""Statuses, types, priorities, fields and the other lists of a generated site."""

from typing import Any

from deploy.jira_simulator.data import custom
from deploy.jira_simulator.data.model import Catalog, Project

NAVIGABLE_NOT = frozenset({"comment", "worklog", "attachment", "timetracking"})
_CATEGORIES = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}
_OWN = 10_500  # ids of what belongs to a team-managed project
_SYSTEM_FIELDS = (
    "summary", "issuetype", "project", "priority", "status", "resolution", "resolutiondate", "created",
    "updated", "duedate", "labels", "assignee", "reporter", "creator", "components", "fixVersions",
    "versions", "description", "environment", "issuelinks", "subtasks", "parent", "attachment", "comment",
    "worklog", "timetracking",
    "timeoriginalestimate", "timeestimate", "timespent", "votes", "watches", "security",
)  # fmt: skip


def generated(projects: list[Project]) -> Catalog:
    """The lists of the site; a team-managed project adds its own to them."""
    own = [project for project in projects if project.team_managed]
    return Catalog(
        statuses=[*_STATUSES, *(one for project in own for one in statuses(project))],
        types=[*_TYPES, *(one for project in own for one in types(project))],
        # The most important one was added last: neither ids nor names tell the order.
        priorities=[_named("10100", "Blocker")]
        + [_named(str(n), name) for n, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), 1)],
        resolutions=[_named("10000", "Done"), _named("10001", "Won't Do"), _named("10002", "Duplicate")],
        link_types=[
            {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
            {"id": "10001", "name": "Relates", "inward": "relates to", "outward": "relates to"},
        ],
        security_levels=[_named("10300", "Staff only"), _named("10301", "Reporter only")],
        fields=[system_field(name) for name in _SYSTEM_FIELDS]
        + [custom_field(*given) for given in custom.DEFINED]
        + [custom_field(*custom.TEAM_MANAGED) | _scope(project) for project in own],
    )


def types(project: Project) -> list[dict[str, Any]]:
    """The issue types of a project; a team-managed one has the same names, and ids of its own."""
    return _own(_TYPES, project)


def statuses(project: Project) -> list[dict[str, Any]]:
    return _own(_STATUSES, project)


def _own(shared: list[dict[str, Any]], project: Project) -> list[dict[str, Any]]:
    if not project.team_managed:
        return shared
    return [{**one, "id": str(_OWN + number), **_scope(project)} for number, one in enumerate(shared)]


def _scope(project: Project) -> dict[str, Any]:
    return {"scope": {"type": "PROJECT", "project": {"id": project.id}}}


def status(number: str, name: str, category: str) -> dict[str, Any]:
    code, colour, shown = _CATEGORIES[category]
    described = {"id": code, "key": category, "colorName": colour, "name": shown}
    return {"id": number, "name": name, "description": "", "iconUrl": "", "statusCategory": described}


def issue_type(number: str, name: str, level: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "description": "",
        "iconUrl": "",
        "subtask": level < 0,
        "hierarchyLevel": level,
    }


def system_field(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "key": name,
        "name": name.capitalize(),
        "custom": False,
        "orderable": True,
        "navigable": name not in NAVIGABLE_NOT,
        "searchable": True,
        "clauseNames": [name],
        "schema": {"type": "any", "system": name},
    }


def field_named(name: str) -> dict[str, Any]:
    """The definition of a field by its id; what is none of ours belongs to Jira itself."""
    for given in custom.DEFINED:
        if name == f"customfield_{given[0]}":
            return custom_field(*given)
    return system_field(name)


def _named(number: str, name: str) -> dict[str, Any]:
    return {"id": number, "name": name, "description": ""}


def custom_field(number: int, name: str, kind: str, maker: str, items: str | None) -> dict[str, Any]:
    schema = {"type": kind, **({"items": items} if items else {}), "custom": maker, "customId": number}
    field = {**system_field(f"customfield_{number}"), "name": name, "custom": True, "schema": schema}
    return {**field, "clauseNames": [f"cf[{number}]", name]}


_STATUSES = [
    status("10000", "To Do", "new"),
    status("3", "In Progress", "indeterminate"),
    status("10001", "In Review", "indeterminate"),
    status("10002", "Done", "done"),
]
_TYPES = [
    issue_type("10001", "Epic", 1),
    issue_type("10002", "Story", 0),
    issue_type("10003", "Task", 0),
    issue_type("10004", "Bug", 0),
    issue_type("10005", "Sub-task", -1),
]
