"""A quick look into projects: counts, types, statuses, versions and fields, without reading an issue."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.connector.counts import issue_counts
from services.connector.custom_fields import analyzed_fields
from services.connector.jira_access import JiraAccess
from services.connector.schemas.projects import (
    AnalyzeAnswer,
    AnalyzedIssueType,
    AnalyzedProject,
    AnalyzedStatus,
    AnalyzedVersion,
    AnalyzeRequest,
)
from shared.jira.client import JiraClient
from shared.jira.endpoints import FIELDS, PROJECT, PROJECT_STATUSES
from shared.jira.errors import JiraNotFoundError
from shared.state.connections import Connection

# Windshift's own colours of the three categories.
_COLORS: Final = {"new": "#6B7280", "indeterminate": "#F59E0B", "done": "#22C55E"}
_NO_CATEGORY: Final[dict[str, Any]] = {"id": 1, "key": "undefined", "name": "No Category"}


@dataclass(frozen=True, slots=True)
class _Looked:
    """Jira's documents of one project."""

    project: dict[str, Any]
    types: list[dict[str, Any]]  # each with the statuses of its workflow

    @property
    def key(self) -> str:
        return str(self.project["key"])

    @property
    def versions(self) -> list[dict[str, Any]]:
        return self.project.get("versions") or []


async def analyze(request: AnalyzeRequest, connection: Connection, access: JiraAccess) -> AnalyzeAnswer:
    """Return what the projects hold; those that Jira does not show are left out, as the wizard expects."""
    keys = list(dict.fromkeys(request.project_keys))
    async with access.of(connection) as client:
        found, fields, counts = await asyncio.gather(
            _look_into(client, keys),
            client.get(FIELDS),
            issue_counts(client, connection.deployment, keys, open_only=request.open_issues_only),
        )
    versions = [_version(version, one.key) for one in found for version in one.versions]
    return AnalyzeAnswer(
        projects=[_project(one, counts.get(one.key, 0)) for one in found],
        issue_types=_issue_types(found),
        statuses=_statuses(found),
        custom_fields=analyzed_fields(fields),
        users=None,
        versions=versions or None,
        total_issues=sum(counts.get(one.key, 0) for one in found),
        total_assets=0,
        open_issues_only=request.open_issues_only,
    )


async def _look_into(client: JiraClient, keys: Sequence[str]) -> list[_Looked]:
    found = await asyncio.gather(*(_look(client, key) for key in keys))
    return [one for one in found if one is not None]


async def _look(client: JiraClient, key: str) -> _Looked | None:
    try:
        project, types = await asyncio.gather(
            client.get(PROJECT, project=key), client.get(PROJECT_STATUSES, project=key)
        )
    except JiraNotFoundError:
        return None
    return _Looked(project, types)


def _project(one: _Looked, issues: int) -> AnalyzedProject:
    return AnalyzedProject(
        key=one.key,
        name=one.project.get("name") or one.key,
        issue_count=issues,
        issue_types=[str(type_["name"]) for type_ in one.types],
        has_versions=bool(one.versions),
        version_count=len(one.versions),
        has_sprints=False,
    )


def _issue_types(found: Iterable[_Looked]) -> list[AnalyzedIssueType]:
    described = {str(type_["id"]): type_ for one in found for type_ in one.project.get("issueTypes") or []}
    offered = {str(type_["id"]): type_ for one in found for type_ in one.types}
    return [_issue_type(id_, {**type_, **described.get(id_, {})}) for id_, type_ in offered.items()]


def _issue_type(id_: str, type_: dict[str, Any]) -> AnalyzedIssueType:
    return AnalyzedIssueType(
        id=id_,
        name=type_["name"],
        description=type_.get("description") or "",
        subtask=bool(type_.get("subtask")),
        hierarchy_level=type_.get("hierarchyLevel") or (-1 if type_.get("subtask") else 0),
        usage_count=0,
    )


def _statuses(found: Iterable[_Looked]) -> list[AnalyzedStatus]:
    used = {
        str(status["id"]): status
        for one in found
        for type_ in one.types
        for status in type_.get("statuses") or []
    }
    return [_status(id_, status) for id_, status in used.items()]


def _status(id_: str, status: dict[str, Any]) -> AnalyzedStatus:
    category = status.get("statusCategory") or _NO_CATEGORY
    key = str(category.get("key"))
    return AnalyzedStatus(
        id=id_,
        name=status["name"],
        category_id=int(category.get("id") or 0),
        category_name=category.get("name") or "",
        category_key=key if key in _COLORS else "new",
        color=_COLORS.get(key, _COLORS["new"]),
    )


def _version(version: dict[str, Any], project_key: str) -> AnalyzedVersion:
    return AnalyzedVersion(
        id=str(version["id"]),
        name=version["name"],
        description=version.get("description") or "",
        archived=bool(version.get("archived")),
        released=bool(version.get("released")),
        release_date=version.get("releaseDate"),
        project_key=project_key,
    )
