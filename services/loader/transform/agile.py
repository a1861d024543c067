"""What the agile plug-in keeps in custom fields: sprints, rank, and which epic an issue belongs to."""

from collections.abc import Iterator
from typing import Any, Final

from services.loader.transform.fields import Payload, member, whole
from services.loader.transform.original import Original
from shared.field_types import EPIC_FIELD, EPIC_NAME_FIELD, RANK_FIELD
from shared.ids import entity_id
from shared.jira.sprints import SPRINT_FIELD, sprints_of
from shared.kinds import EntityKind
from shared.mongo import Document

# What the agile API shows beside the fields: objects where Jira itself has the agile plug-in's fields.
AGILE_FIELDS: Final = frozenset({"sprint", "closedSprints", "epic", "flagged"})
SUB_TASK, STANDARD, EPIC = -1, 0, 1  # Cloud's levels; an admin may define some above


def planned(original: Original, fields: Payload) -> Document:
    """Return the sprints of an issue, in order, the one that counts, and the place in the backlog.

    The active sprint counts, else the last one. Ranks compare as texts, within the whole site.
    """
    values = [*_values(original, fields, SPRINT_FIELD), fields.get("closedSprints"), fields.get("sprint")]
    states = {one["id"]: one["state"] for value in values if value for one in sprints_of(value)}
    ids = [entity_id(original.site, EntityKind.SPRINT, str(number)) for number in states]
    active = [id_ for id_, state in zip(ids, states.values(), strict=True) if state == "active"]
    return {
        "iteration_ids": ids,
        "iteration_id": next(reversed(active or ids), None),
        "rank": _text(original, fields, RANK_FIELD),
        "is_flagged": fields.get("flagged") is True or any(fields.get(one) for one in original.context.flags),
    }


def epic_key(original: Original, fields: Payload) -> str | None:
    """Return the key of the epic that an issue is linked to."""
    return _text(original, fields, EPIC_FIELD)


def hierarchy_level(original: Original, fields: Payload) -> int:
    """Return the level of an issue; Data Center tells only sub-tasks, and epics by their having a name."""
    kind = member(fields, "issuetype") or {}
    level = whole(kind, "hierarchyLevel")
    if level is not None:
        return level
    if kind.get("subtask") is True:
        return SUB_TASK
    return EPIC if _text(original, fields, EPIC_NAME_FIELD) else STANDARD


def _values(original: Original, fields: Payload, custom: str) -> Iterator[Any]:
    for jira_id in original.context.ids_by_type.get(custom, ()):
        if fields.get(jira_id):
            yield fields[jira_id]


def _text(original: Original, fields: Payload, custom: str) -> str | None:
    return next((one for one in _values(original, fields, custom) if isinstance(one, str)), None)
