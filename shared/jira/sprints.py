"""Sprints as issues carry them: objects on Cloud, the agile plug-in's old string on Data Center."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

SPRINT_FIELD: Final = "com.pyxis.greenhopper.jira:gh-sprint"  # `schema.custom` of the field

_STRING: Final = re.compile(
    r"com\.atlassian\.greenhopper\.service\.sprint\.Sprint@\w+\[(?P<inside>.*)\]\s*\Z", re.DOTALL
)
# A name or a goal may hold commas and equals signs, so a member begins only where a known one does.
_MEMBER: Final = re.compile(
    r"(?:\A|,)(id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal"
    r"|autoStartStop|synced|incompleteIssuesDestinationId)="
)
_TEXTS: Final = ("name", "state", "startDate", "endDate", "completeDate", "goal")
_BOARDS: Final = ("originBoardId", "boardId", "rapidViewId")  # of the agile API, of the field, of the string


def sprints_of(value: Any) -> list[dict[str, Any]]:
    """Return the sprints in a field's value, in order, with the member names of the agile API.

    `state` is `future`, `active` or `closed`; a value that holds no sprints gives none.
    """
    values = value if isinstance(value, list) else [value]
    return [sprint for one in values for sprint in _sprint(one)]


def _sprint(value: Any) -> Iterator[dict[str, Any]]:
    members = _members(value) if isinstance(value, str) else value
    if not isinstance(members, Mapping):
        return
    number = _number(members.get("id"))
    if number is None or not isinstance(members.get("state"), str):
        return  # other things that have an id and a name, versions say, have no state in words
    sprint: dict[str, Any] = {"id": number}
    sprint |= {name: members[name] for name in _TEXTS if isinstance(members.get(name), str)}
    sprint["state"] = sprint["state"].lower()
    board = next((found for name in _BOARDS if (found := _number(members.get(name))) is not None), None)
    yield sprint if board is None else {**sprint, "originBoardId": board}


def _members(text: str) -> dict[str, str] | None:
    described = _STRING.match(text)
    if described is None:
        return None
    inside = described["inside"]
    marks = list(_MEMBER.finditer(inside))
    ends = [*(mark.start() for mark in marks[1:]), len(inside)]
    found: dict[str, str] = {}
    for mark, end in zip(marks, ends, strict=False):
        value = inside[mark.end() : end]
        if value != "<null>":
            found.setdefault(mark[1], value)
    return found


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else None
