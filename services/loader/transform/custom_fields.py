"""The fields of an issue that an admin or an app defined: typed values by Windshift's field, by type."""

from collections.abc import Iterator
from typing import Any, Final

from services.loader.transform.context import CHOICES, Context, FieldRule, unlisted
from services.loader.transform.fields import Payload
from services.loader.transform.original import Original
from services.loader.transform.system_fields import SYSTEM_FIELDS
from services.loader.transform.values import MisfitError
from shared.field_types import EPIC_FIELD, RANK_FIELD, FieldType
from shared.ids import entity_id
from shared.jira.sprints import SPRINT_FIELD, sprints_of
from shared.kinds import EntityKind
from shared.mongo import Document
from shared.state.findings import FindingCode

# What the agile API shows beside the fields: objects where Jira itself has the agile plug-in's fields.
_AGILE: Final = frozenset({"sprint", "closedSprints", "epic", "flagged"})
_NO_CUSTOM_FIELDS: Final = SYSTEM_FIELDS | _AGILE


def custom_fields(original: Original, fields: Payload) -> Document:
    """Return the typed values by the id of Windshift's field.

    A value that does not fit its field is noted, and stays in the item's `source` as Jira gave it.
    """
    typed: Document = {}
    context, site = original.context, original.site
    for jira_id, value in fields.items():
        if value is None or value == "" or value == [] or jira_id in _NO_CUSTOM_FIELDS:
            continue
        rule = context.rules[jira_id] if jira_id in context.rules else unlisted(site, jira_id)
        if rule is None:
            continue
        try:
            found = _read(rule, value, site)
        except MisfitError as error:
            named = f"{jira_id} ({rule.jira.name})"
            told = f"{named}: {error}; the field in Windshift is of the type {rule.type}"
            original.note(FindingCode.VALUE_KEPT_RAW, told)
            continue
        if rule.type is FieldType.MILESTONE:
            found = context.targets.get(found, found)
        if found is not None:  # as a version that does not come along
            typed[rule.key] = found
    return typed


def planned(original: Original, fields: Payload) -> Document:
    """Return what agile fields say of an issue: its iterations, its rank, its epic's key, a flag."""
    context = original.context
    values = [*_values(fields, context, SPRINT_FIELD), fields.get("closedSprints"), fields.get("sprint")]
    sprints = [str(sprint["id"]) for value in values if value for sprint in sprints_of(value)]
    return {
        "iteration_ids": [entity_id(original.site, EntityKind.SPRINT, id_) for id_ in dict.fromkeys(sprints)],
        "rank": _text(fields, context, RANK_FIELD),
        "epic_key": _text(fields, context, EPIC_FIELD),
        "is_flagged": fields.get("flagged") is True,
    }


def _read(rule: FieldRule, value: Any, site: str) -> Any:
    found = rule.read(value, site)
    if rule.options and rule.type in CHOICES:
        chosen = found if isinstance(found, list) else [found]
        if any(one not in rule.options for one in chosen):
            raise MisfitError("an option that the field does not have")
    return found


def _values(fields: Payload, context: Context, custom: str) -> Iterator[Any]:
    for jira_id in context.ids_by_type.get(custom, ()):
        if fields.get(jira_id):
            yield fields[jira_id]


def _text(fields: Payload, context: Context, custom: str) -> str | None:
    return next((one for one in _values(fields, context, custom) if isinstance(one, str)), None)
