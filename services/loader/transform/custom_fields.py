"""The fields of an issue that an admin or an app defined: typed values by Windshift's field, by type."""

from typing import Any, Final

from services.loader.convert import BodyContext
from services.loader.transform.agile import AGILE_FIELDS
from services.loader.transform.context import CHOICES, FieldRule, unlisted
from services.loader.transform.fields import Payload
from services.loader.transform.original import Original
from services.loader.transform.system_fields import SYSTEM_FIELDS
from services.loader.transform.targets import stand_ins
from services.loader.transform.values import Around, MisfitError
from shared.field_types import FieldType
from shared.mongo import Document
from shared.state.findings import FindingCode

_NO_CUSTOM_FIELDS: Final = SYSTEM_FIELDS | AGILE_FIELDS


def custom_fields(original: Original, fields: Payload, bodies: BodyContext) -> Document:
    """Return the typed values by the id of Windshift's field, and beside them what those have no room for.

    A value that does not fit its field is noted, and stays in the item's `source` as Jira gave it.
    """
    typed: Document = {}
    exact: Document = {}
    context, around = original.context, Around(original.site, bodies)
    for jira_id, value in fields.items():
        if value is None or value == "" or value == [] or jira_id in _NO_CUSTOM_FIELDS:
            continue
        rule = context.rules[jira_id] if jira_id in context.rules else unlisted(original.site, jira_id)
        if rule is None:
            continue
        try:
            found = _read(rule, value, around)
        except MisfitError as error:
            named = f"{jira_id} ({rule.jira.name})"
            told = f"{named}: {error}; the field in Windshift is of the type {rule.type}"
            original.note(FindingCode.VALUE_KEPT_RAW, told)
            continue
        if rule.type is FieldType.MILESTONE:
            found = context.targets.get(found, found)
        if found is not None:  # as a version that does not come along
            typed[rule.key] = found
        if rule.exact and (more := rule.exact(value, around)):
            exact[rule.key] = stand_ins(more, context.targets) if isinstance(more, list) else more
    return {"custom_fields": typed, "custom_fields_exact": exact}


def _read(rule: FieldRule, value: Any, around: Around) -> Any:
    found = rule.read(value, around)
    if rule.options and rule.type in CHOICES:
        chosen = found if isinstance(found, list) else [found]
        if any(one not in rule.options for one in chosen):
            raise MisfitError("an option that the field does not have")
    return found
