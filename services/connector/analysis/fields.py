"""What becomes of a custom field, by the type that Jira gives it; names repeat and are translated."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from services.connector.analysis.options import Options
from services.connector.schemas.projects import AnalyzedField, Suggestion, Usage
from shared.field_types import FieldType, Holds, fitting, holds
from shared.state.plans import JiraField

_NOTES: Final = {
    Holds.MOMENT: "A day; the time of day stands beside it in the item, and a text field shows it.",
    Holds.PEOPLE: "The names of all of them, since a user field holds one; who they are stands beside them.",
    Holds.CASCADE: "Both levels become one text.",
    Holds.VERSIONS: "Their names, since a milestone field holds one; which they are stands beside them.",
    Holds.SPRINTS: "The sprints become the item's iterations.",
    Holds.EPIC: "The epic becomes the item's parent.",
    Holds.RANK: "The rank becomes the order of the items.",
    Holds.UNKNOWN: "Of an app: text, as far as it reads so; Jira's original value is kept with the item.",
}


def analyzed_fields(
    fields: Sequence[JiraField],
    *,
    usage: Callable[[str], Usage],
    options: Mapping[str, Options],
    suggestions: Mapping[str, Suggestion],
) -> list[AnalyzedField]:
    """Describe the custom fields of a site; what has another place in an item cannot be mapped."""
    return [
        _analyzed(field, usage(field.id), options.get(field.id), suggestions.get(field.id))
        for field in fields
    ]


def _analyzed(
    field: JiraField, usage: Usage, options: Options | None, suggestion: Suggestion | None
) -> AnalyzedField:
    types = fitting(field.custom)
    return AnalyzedField(
        jira_field_id=field.id,
        jira_field_name=field.name,
        jira_field_type=field.custom,
        windshift_field_type=types[0] if types else FieldType.TEXT,
        can_map=bool(types),
        notes=_NOTES.get(holds(field.custom)),
        options=options.options if options else None,
        options_from=options.source if options else None,
        contexts=options.contexts if options and options.contexts else None,
        project_id=field.project_id or None,
        possible_types=list(types),
        usage=usage,
        suggestion=suggestion,
    )
