"""Who may not read a thing in Jira, in one form; what cannot be understood counts as a restriction.

Jira restricts issues by a security level or, in team-managed projects, by `issuerestriction`; comments and
worklogs by `visibility` (a role or a group); comments of service projects by `jsdPublic`. Each restriction is
`{"type", "id", "name"}`; id and name are None where Jira does not tell them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Restriction: TypeAlias = dict[str, str | None]


def of_issue(fields: Mapping[str, Any]) -> list[Restriction]:
    """Return the restrictions of an issue, from its fields; an empty list when everybody may read it."""
    found: list[Restriction] = []
    if (level := fields.get("security")) is not None:
        found.append(_named("security_level", level, id_="id", name="name"))
    if (restriction := fields.get("issuerestriction")) is not None:
        found.extend(_of_team_managed(restriction))
    return found


def of_entry(payload: Mapping[str, Any]) -> list[Restriction]:
    """Return the restrictions of a comment or worklog itself; an empty list when everybody may read it."""
    found: list[Restriction] = []
    if (visibility := payload.get("visibility")) is not None:
        kind = visibility.get("type") if isinstance(visibility, Mapping) else None
        known = kind if kind in ("role", "group") else "unknown"
        found.append(_named(known, visibility, id_="identifier", name="value"))
    public = payload.get("jsdPublic")
    if public is not None and public is not True:
        found.append({"type": "internal", "id": None, "name": None})
    return found


def _of_team_managed(restriction: Any) -> Iterator[Restriction]:
    """Read `{"issuerestrictions": {"projectrole": [{"value": "10008"}]}, "shouldDisplay": true}`."""
    kinds = restriction.get("issuerestrictions") if isinstance(restriction, Mapping) else None
    if not isinstance(kinds, Mapping) or not all(isinstance(held, list) for held in kinds.values()):
        yield _named("unknown", restriction, id_="id", name="name")
        return
    for kind, holders in kinds.items():
        for holder in holders:
            yield _named(str(kind), holder, id_="value", name="name")


def _named(kind: str, value: Any, *, id_: str, name: str) -> Restriction:
    members = value if isinstance(value, Mapping) else {}
    return {"type": kind, "id": _text(members.get(id_)), "name": _text(members.get(name))}


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def describe(restriction: Mapping[str, Any]) -> str:
    """Say a restriction in words: `role Administrators`."""
    words = (restriction.get("type"), restriction.get("name") or restriction.get("id"))
    return " ".join(str(word) for word in words if word)
