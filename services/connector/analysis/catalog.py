"""Issue types and statuses of the chosen projects, as the wizard wants them."""

from collections.abc import Mapping
from typing import Any, Final

from services.connector.analysis.look import Look
from services.connector.analysis.sample import Fields, Sample
from services.connector.analysis.suggestions import Suggestions
from services.connector.schemas.projects import AnalyzedIssueType, AnalyzedStatus

# Windshift's own colours of the three categories.
_COLORS: Final = {"new": "#6B7280", "indeterminate": "#F59E0B", "done": "#22C55E"}
_NO_CATEGORY: Final[dict[str, Any]] = {"id": 1, "key": "undefined", "name": "No Category"}


def issue_types(look: Look, sample: Sample, known: Suggestions) -> list[AnalyzedIssueType]:
    """Return each type that one of the projects offers."""
    usage = sample.usage(lambda fields: _id_of(fields, "issuetype"))
    answers = []
    for id_, offer in look.offered.items():
        type_ = {**offer, **look.described.get(id_, {})}
        subtask = bool(type_.get("subtask"))
        used = usage(id_)
        answers.append(
            AnalyzedIssueType(
                id=id_,
                name=type_["name"],
                description=type_.get("description") or "",
                subtask=subtask,
                hierarchy_level=type_.get("hierarchyLevel") or (-1 if subtask else 0),
                usage_count=used.issues,
                usage=used,
                suggestion=known.for_type(id_, type_["name"], subtask=subtask),
            )
        )
    return answers


def statuses(look: Look, sample: Sample, known: Suggestions) -> list[AnalyzedStatus]:
    """Return each status of the projects' workflows."""
    usage = sample.usage(lambda fields: _id_of(fields, "status"))
    answers = []
    for id_, status in look.statuses.items():
        category = status.get("statusCategory") or _NO_CATEGORY
        key = str(category.get("key"))
        answers.append(
            AnalyzedStatus(
                id=id_,
                name=status["name"],
                category_id=int(category.get("id") or 0),
                category_name=category.get("name") or "",
                category_key=key if key in _COLORS else "new",
                color=_COLORS.get(key, _COLORS["new"]),
                usage=usage(id_),
                suggestion=known.for_status(id_, status["name"], key),
            )
        )
    return answers


def _id_of(fields: Fields, name: str) -> list[str]:
    thing = fields.get(name)
    return [str(thing["id"])] if isinstance(thing, Mapping) and "id" in thing else []
