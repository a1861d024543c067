"""Sprints as issues carry them: objects on Cloud, the agile plug-in's old string on Data Center."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
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
_TEXTS: Final = ("name", "state", "goal")
_MOMENTS: Final = ("startDate", "endDate", "completeDate")
_BOARDS: Final = ("originBoardId", "boardId", "rapidViewId")  # of the agile API, of the field, of the string


def sprints_of(value: Any) -> list[dict[str, Any]]:
    """Return the sprints in a field's value, in order, with the member names of the agile API.

    `state` is `future`, `active` or `closed`, times are in UTC, an empty goal (shown here, left out there) is
    none; a value that holds no sprints gives none.
    """
    values = value if isinstance(value, list) else [value]
    return [sprint for one in values for sprint in _sprint(one)]


def _sprint(value: Any) -> Iterator[dict[str, Any]]:
    members = _members(value) if isinstance(value, str) else value
    if not isinstance(members, Mapping):
        return
    number = _number(members.get("id"))
    if number is None or not (isinstance(members.get("state"), str) and members["state"]):
        return  # other things that have an id and a name, versions say, have no state in words
    sprint: dict[str, Any] = {"id": number}
    texts = {name: members.get(name) for name in _TEXTS}
    sprint |= {name: text for name, text in texts.items() if text and isinstance(text, str)}
    sprint |= {name: _utc(members[name]) for name in _MOMENTS if isinstance(members.get(name), str)}
    sprint["state"] = sprint["state"].lower()
    board = next((found for name in _BOARDS if (found := _number(members.get(name))) is not None), None)
    yield sprint if board is None else {**sprint, "originBoardId": board}


def _members(text: str) -> dict[str, str] | None:
    described = _STRING.match(text)
    if described is None:
        return None
    inside = described["inside"]
    marks: dict[str, re.Match[str]] = {}
    for mark in _MEMBER.finditer(inside):
        marks.setdefault(mark[1], mark)  # a second one is part of a name or a goal
    ends = [*(mark.start() for mark in marks.values()), len(inside)][1:]
    values = {name: inside[mark.end() : end] for (name, mark), end in zip(marks.items(), ends, strict=True)}
    return {name: value for name, value in values.items() if value != "<null>"}


@lru_cache(maxsize=1_000)
def _utc(moment: str) -> str:
    """The same sprint shows its times in UTC here, in the site's zone there; thousands of issues name it."""
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    if read.tzinfo is None:
        return moment
    return read.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else None
