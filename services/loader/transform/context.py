"""What a transform may ask about the import of its record; made once per import, never per record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from shared.state.plans import ImportPlan, JiraField


@dataclass(frozen=True, slots=True)
class Context:
    """The custom fields of the site, by Jira's id and by the field type that made them."""

    fields: Mapping[str, JiraField] = field(default_factory=dict)
    ids_by_type: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # `schema.custom` → field ids

    @classmethod
    def of(cls, plan: ImportPlan) -> Self:
        """Prepare the look-ups of an import."""
        return cls({one.id: one for one in plan.fields}, _by_type(plan.fields))


def _by_type(fields: Iterable[JiraField]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in fields:
        found[one.custom] = (*found.get(one.custom, ()), one.id)
    return found


EMPTY = Context()
