"""Statuses, types, priorities, fields and the other lists of a generated site."""

from typing import Any

from deploy.jira_simulator.data.model import Catalog

NAVIGABLE_NOT = frozenset({"comment", "worklog", "attachment", "timetracking"})
_CATEGORIES = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}
_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes"
_CUSTOM_FIELDS: tuple[tuple[int, str, str, str, str | None], ...] = (
    (10014, "Epic Link", "any", "com.pyxis.greenhopper.jira:gh-epic-link", None),
    (10016, "Story Points", "number", f"{_CUSTOM}:float", None),
    (10019, "Rank", "any", "com.pyxis.greenhopper.jira:gh-lexo-rank", None),
    (10020, "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint", "json"),
    (10030, "Severity", "option", f"{_CUSTOM}:select", None),
    (10031, "Browsers", "array", f"{_CUSTOM}:multicheckboxes", "option"),
    (10032, "Customer", "string", f"{_CUSTOM}:textfield", None),
    (10033, "Steps to reproduce", "string", f"{_CUSTOM}:textarea", None),
    (10034, "Target date", "date", f"{_CUSTOM}:datepicker", None),
    (10035, "Observed at", "datetime", f"{_CUSTOM}:datetime", None),
    (10036, "Reviewer", "user", f"{_CUSTOM}:userpicker", None),
    (10037, "Keywords", "array", f"{_CUSTOM}:labels", "string"),
    (10038, "Documentation", "string", f"{_CUSTOM}:url", None),
    (10039, "Region", "option-with-child", f"{_CUSTOM}:cascadingselect", None),
    (10040, "Seen in", "array", f"{_CUSTOM}:multiversion", "version"),
    (10041, "Escalation", "any", "com.example.escalation:escalation-field", None),
    (10042, "Severity", "string", f"{_CUSTOM}:textfield", None),
)
# By the number of the field: number and text of each option, and those below it.
OPTIONS: dict[int, tuple[tuple[int, str, tuple[tuple[int, str], ...]], ...]] = {
    10030: ((10110, "Low", ()), (10111, "Medium", ()), (10112, "High", ()), (10113, "Blocker", ())),
    10031: ((10120, "Firefox", ()), (10121, "Chrome", ()), (10122, "Safari", ())),
    10039: ((10130, "Europe", ((10131, "North"), (10132, "South"))),),
}
_SYSTEM_FIELDS = (
    "summary", "issuetype", "project", "priority", "status", "resolution", "resolutiondate", "created",
    "updated", "duedate", "labels", "assignee", "reporter", "creator", "components", "fixVersions",
    "versions", "description", "environment", "issuelinks", "subtasks", "parent", "attachment", "comment",
    "worklog", "timetracking",
    "timeoriginalestimate", "timeestimate", "timespent", "votes", "watches", "security",
)  # fmt: skip


def generated() -> Catalog:
    return Catalog(
        statuses=[
            status("10000", "To Do", "new"),
            status("3", "In Progress", "indeterminate"),
            status("10001", "In Review", "indeterminate"),
            status("10002", "Done", "done"),
        ],
        types=[
            issue_type("10001", "Epic", 1),
            issue_type("10002", "Story", 0),
            issue_type("10003", "Task", 0),
            issue_type("10004", "Bug", 0),
            issue_type("10005", "Sub-task", -1),
        ],
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
        + [_custom_field(*given) for given in _CUSTOM_FIELDS],
    )


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


def _named(number: str, name: str) -> dict[str, Any]:
    return {"id": number, "name": name, "description": ""}


def _custom_field(number: int, name: str, kind: str, custom: str, items: str | None) -> dict[str, Any]:
    schema = {"type": kind, **({"items": items} if items else {}), "custom": custom, "customId": number}
    field = {**system_field(f"customfield_{number}"), "name": name, "custom": True, "schema": schema}
    return {**field, "clauseNames": [f"cf[{number}]", name]}
