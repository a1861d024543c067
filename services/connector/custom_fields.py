"""What becomes of a custom field, by the type that Jira gives it; names repeat and are translated."""

from collections.abc import Mapping
from typing import Any, Final

from services.connector.schemas.projects import AnalyzedField

_PLATFORM: Final = "com.atlassian.jira.plugin.system.customfieldtypes:"
_SOFTWARE: Final = "com.pyxis.greenhopper.jira:"

WINDSHIFT_TYPE: Final = {
    f"{_PLATFORM}textfield": "text",
    f"{_PLATFORM}readonlyfield": "text",
    f"{_PLATFORM}url": "text",
    f"{_PLATFORM}textarea": "textarea",
    f"{_PLATFORM}float": "number",
    f"{_PLATFORM}datepicker": "date",
    f"{_PLATFORM}datetime": "date",
    f"{_PLATFORM}select": "select",
    f"{_PLATFORM}radiobuttons": "select",
    f"{_PLATFORM}multiselect": "multiselect",
    f"{_PLATFORM}multicheckboxes": "multiselect",
    f"{_PLATFORM}labels": "multiselect",
    f"{_PLATFORM}userpicker": "user",
    f"{_PLATFORM}people": "user",
    f"{_PLATFORM}multiuserpicker": "user",
    f"{_PLATFORM}cascadingselect": "text",
    f"{_SOFTWARE}jsw-story-points": "number",
    f"{_SOFTWARE}gh-epic-label": "text",
    f"{_SOFTWARE}gh-epic-link": "text",
}
_FIRST_PERSON: Final = "A field of Windshift holds one person; all of them are kept in Jira's original value."
_NOTES: Final = {
    f"{_PLATFORM}datetime": "The time of day is kept in Jira's original value only.",
    f"{_PLATFORM}people": _FIRST_PERSON,
    f"{_PLATFORM}multiuserpicker": _FIRST_PERSON,
    f"{_PLATFORM}cascadingselect": "Both levels become one text.",
    f"{_SOFTWARE}gh-epic-link": "The epic becomes the parent.",
}
_UNKNOWN: Final = "Windshift has no such field; Jira's original value is kept with the item."


def analyzed_fields(fields: list[Mapping[str, Any]]) -> list[AnalyzedField]:
    """Return the custom ones of Jira's fields; one of an unknown type cannot be mapped, and loses nothing."""
    return [_analyzed(field) for field in fields if field.get("custom")]


def _analyzed(field: Mapping[str, Any]) -> AnalyzedField:
    jira_type = str((field.get("schema") or {}).get("custom") or "")
    known = WINDSHIFT_TYPE.get(jira_type)
    return AnalyzedField(
        jira_field_id=field["id"],
        jira_field_name=field.get("name") or field["id"],
        jira_field_type=jira_type,
        windshift_field_type=known or "text",
        can_map=known is not None,
        notes=_NOTES.get(jira_type) if known else _UNKNOWN,
    )
