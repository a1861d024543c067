"""Custom fields: which are created, mapped to one that exists, or left out."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.connector.mappings.existing import Existing, ImpossibleMappingError, described
from services.connector.schemas.start import FieldMapping
from shared.field_types import FieldType, Holds, fitting, holds
from shared.ids import field_id
from shared.mongo import Document
from shared.state.plans import FieldChoice, JiraField, Target

_COLLECTION: Final = "custom_fields"
_ACTIONS: Final = ("create", "map", "skip")
_PLACES: Final = {
    Holds.SPRINTS: "the iterations of its item",
    Holds.EPIC: "the parent of its item",
    Holds.RANK: "the order of the items",
}
_SKIPPED: Final = FieldChoice(action="skip", type=FieldType.TEXT)


async def choices(
    mappings: Iterable[FieldMapping], site: str, fields: Mapping[str, JiraField], existing: Existing
) -> dict[str, FieldChoice]:
    """Return what becomes of the fields that the mappings name; ImpossibleMappingError for what cannot."""
    wanted = _by_id(mappings)
    mapped = [one for one in wanted.values() if one.action == "map" and one.windshift_id is not None]
    there = await existing.find(_COLLECTION, (one.windshift_id for one in mapped))
    chosen: dict[str, FieldChoice] = {}
    for jira_id, mapping in wanted.items():
        field = fields.get(jira_id)
        if mapping.action not in _ACTIONS:
            raise ImpossibleMappingError(
                f"{_words(mapping)} has the action {mapping.action!r}; possible: {', '.join(_ACTIONS)}."
            )
        if mapping.action == "skip":
            chosen[jira_id] = _SKIPPED
        elif mapping.action == "map":
            chosen[jira_id] = await _mapped(mapping, field, site, there, existing)
        elif field is not None and fitting(field.custom):
            chosen[jira_id] = FieldChoice(type=_created(mapping, field))
    _ensure_apart(chosen, site, fields, there)
    return chosen


def _by_id(mappings: Iterable[FieldMapping]) -> dict[str, FieldMapping]:
    found: dict[str, FieldMapping] = {}
    for one in mappings:
        if found.setdefault(one.jira_id, one) != one:
            raise ImpossibleMappingError(f"{_words(one)} is mapped twice, and differently: choose one.")
    return found


def _created(mapping: FieldMapping, field: JiraField) -> FieldType:
    types = fitting(field.custom)
    if mapping.windshift_type in ("", *types):
        return FieldType(mapping.windshift_type or types[0])
    raise ImpossibleMappingError(
        f"{_words(mapping, field)} cannot become a field of the type {mapping.windshift_type!r}, since it"
        f" holds {_held(field)}. Possible: {', '.join(types)}."
    )


async def _mapped(
    mapping: FieldMapping,
    field: JiraField | None,
    site: str,
    there: Mapping[Target, Document],
    existing: Existing,
) -> FieldChoice:
    words, target = _words(mapping, field), mapping.windshift_id
    if field is None:
        raise ImpossibleMappingError(f"{words} does not exist in this Jira: leave it out, or analyze again.")
    types = fitting(field.custom)
    if not types:
        place = _PLACES[holds(field.custom)]
        raise ImpossibleMappingError(f"{words} becomes {place} by itself and cannot be mapped: leave it out.")
    if target is None:
        raise ImpossibleMappingError(
            f"{words} is to be mapped, and not to what. {await _possible(types, existing)}"
        )
    document = there.get(target)
    if document is None:
        raise ImpossibleMappingError(
            f"{words} is mapped to {target!r}, which does not exist in Windshift's {_COLLECTION}."
            f" {await _possible(types, existing)}"
        )
    if document.get("field_type") not in types:
        raise ImpossibleMappingError(
            f"{words} holds {_held(field)} and is mapped to {described(document)}, which cannot take them."
            f" {await _possible(types, existing)}"
        )
    type_ = FieldType(document["field_type"])
    if target == field_id(site, field.id):  # what an earlier import created for it
        return FieldChoice(type=type_)
    return FieldChoice(action="map", type=type_, target=target, options=_options(document.get("options")))


async def _possible(types: tuple[FieldType, ...], existing: Existing) -> str:
    offers = await existing.offers(_COLLECTION, {"field_type": {"$in": list(types)}})
    there = f"map it to {offers}; " if offers else ""
    return f"Possible: {there}create one of the type {' or '.join(types)}; leave it out."


def _ensure_apart(
    chosen: Mapping[str, FieldChoice],
    site: str,
    fields: Mapping[str, JiraField],
    there: Mapping[Target, Document],
) -> None:
    """Two fields must not meet in one: one value would hide the other."""
    users: dict[Target, str] = {}
    for jira_id, field in fields.items():
        choice = chosen.get(jira_id)
        if (choice is None and fitting(field.custom)) or (choice is not None and choice.action == "create"):
            users[field_id(site, jira_id)] = jira_id
    for jira_id, choice in chosen.items():
        if choice.action != "map":
            continue
        first = users.setdefault(choice.target, jira_id)
        if first != jira_id:
            both = " and ".join(f"{fields[one].name!r} ({one})" for one in (first, jira_id))
            raise ImpossibleMappingError(
                f"The fields {both} would both go into Windshift's {described(there[choice.target])}, which"
                " holds one value: map one of them to another field, create it, or leave it out."
            )


def _options(value: Any) -> tuple[str, ...]:
    """Read the options of a field: a list, or (as Windshift's own database has them) JSON in a text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return ()
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _words(mapping: FieldMapping, field: JiraField | None = None) -> str:
    name = mapping.jira_name or (field.name if field else "")
    return f"Field {name!r} ({mapping.jira_id or 'without an id in Jira'})"


_HELD: Final = {
    Holds.LINE: "text",
    Holds.BODY: "text of many lines",
    Holds.NUMBER: "numbers",
    Holds.DATE: "dates",
    Holds.MOMENT: "times",
    Holds.OPTION: "one option",
    Holds.OPTIONS: "several options",
    Holds.CASCADE: "options of two levels",
    Holds.PERSON: "one user",
    Holds.PEOPLE: "several users",
    Holds.GROUP: "one group",
    Holds.GROUPS: "several groups",
    Holds.VERSION: "one version",
    Holds.VERSIONS: "several versions",
    Holds.PROJECT: "projects",
    Holds.LABELS: "labels",
    Holds.REQUEST_TYPE: "request types",
    Holds.NAMED: "names",
    Holds.UNKNOWN: "what only an app knows",
}


def _held(field: JiraField) -> str:
    return _HELD[holds(field.custom)]
