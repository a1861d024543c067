"""Issue types, statuses and versions of the chosen projects, as the wizard wants them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.connector.analysis.look import Looked
from services.connector.analysis.sample import Fields, Sample
from services.connector.analysis.suggestions import Suggestions
from services.connector.schemas.projects import AnalyzedIssueType, AnalyzedStatus, AnalyzedVersion

# Windshift's own colours of the three categories.
_COLORS: Final = {"new": "#6B7280", "indeterminate": "#F59E0B", "done": "#22C55E"}
_NO_CATEGORY: Final[dict[str, Any]] = {"id": 1, "key": "undefined", "name": "No Category"}


def issue_types(found: Iterable[Looked], sample: Sample, known: Suggestions) -> list[AnalyzedIssueType]:
    """Return each type that one of the projects offers."""
    described = {str(type_["id"]): type_ for one in found for type_ in one.project.get("issueTypes") or []}
    offered = {str(type_["id"]): type_ for one in found for type_ in one.types}
    usage = sample.usage(lambda fields: _id_of(fields, "issuetype"))
    answers = []
    for id_, offer in offered.items():
        type_ = {**offer, **described.get(id_, {})}
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


def statuses(found: Iterable[Looked], sample: Sample, known: Suggestions) -> list[AnalyzedStatus]:
    """Return each status of the projects' workflows."""
    offered = {
        str(status["id"]): status
        for one in found
        for type_ in one.types
        for status in type_.get("statuses") or []
    }
    usage = sample.usage(lambda fields: _id_of(fields, "status"))
    answers = []
    for id_, status in offered.items():
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


def versions(found: Iterable[Looked]) -> list[AnalyzedVersion]:
    """Return the versions of the projects."""
    return [_version(version, one.key) for one in found for version in one.versions]


def _version(version: Mapping[str, Any], project_key: str) -> AnalyzedVersion:
    return AnalyzedVersion(
        id=str(version["id"]),
        name=version["name"],
        description=version.get("description") or "",
        archived=bool(version.get("archived")),
        released=bool(version.get("released")),
        release_date=version.get("releaseDate"),
        project_key=project_key,
    )


def _id_of(fields: Fields, name: str) -> list[str]:
    thing = fields.get(name)
    return [str(thing["id"])] if isinstance(thing, Mapping) and "id" in thing else []
