"""What Jira says of the chosen projects, as far as the wizard shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from services.connector.schemas.projects import AnalyzedVersion
from shared.errors import PermanentError, TransientError
from shared.groups import groups
from shared.jira.client import JiraClient
from shared.jira.endpoints import BOARDS, PROJECT, PROJECT_STATUSES
from shared.jira.errors import JiraNotFoundError
from shared.together import together

# Jira's own documents of more than these are never in memory: of thousands of projects they are 300 MB.
_AT_ONCE: Final = 50

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Looked:
    """One project."""

    id: str
    key: str
    name: str
    issue_types: list[str]  # their names
    versions: list[AnalyzedVersion]
    scrum: bool  # whether it has a board with sprints


@dataclass(frozen=True, slots=True)
class Look:
    """The projects, and Jira's documents of what most of them share, by their ids."""

    projects: list[Looked] = field(default_factory=list)
    offered: dict[str, Json] = field(default_factory=dict)  # issue types, as the workflows name them
    described: dict[str, Json] = field(default_factory=dict)  # the same, as the projects do
    statuses: dict[str, Json] = field(default_factory=dict)

    def add(self, project: Json, types: Sequence[Json], *, scrum: bool) -> None:
        """Take over what is shown of a project; `types` have the statuses of their workflows."""
        key = str(project["key"])
        self.described.update((str(type_["id"]), type_) for type_ in project.get("issueTypes") or ())
        for type_ in types:
            self.statuses.update((str(status["id"]), status) for status in type_.get("statuses") or ())
            self.offered[str(type_["id"])] = {name: type_[name] for name in type_.keys() - {"statuses"}}
        self.projects.append(
            Looked(
                id=str(project["id"]),
                key=key,
                name=project.get("name") or key,
                issue_types=[str(type_["name"]) for type_ in types],
                versions=[_version(version, key) for version in project.get("versions") or ()],
                scrum=scrum,
            )
        )


async def look_into(client: JiraClient, keys: Sequence[str]) -> Look:
    """Return the projects that Jira shows; the others are left out, as the wizard expects."""
    look = Look()
    for some in groups(keys, _AT_ONCE):
        for found in await together(*(_ask(client, key) for key in some)):
            if found is not None:
                project, types, scrum = found
                look.add(project, types, scrum=scrum)
    return look


async def _ask(client: JiraClient, key: str) -> tuple[Json, Sequence[Json], bool] | None:
    try:
        project, types, scrum = await together(
            client.get(PROJECT, project=key),
            client.get(PROJECT_STATUSES, project=key),
            _has_scrum_board(client, key),
        )
    except JiraNotFoundError:
        return None
    return project, types, scrum


async def _has_scrum_board(client: JiraClient, key: str) -> bool:
    """Boards are optional: an account may lack the scope, the licence, or boards."""
    params: dict[str, str | int] = {"projectKeyOrId": key, "type": "scrum", "maxResults": 1}
    try:
        answer = await client.get(BOARDS, params=params)
    except (PermanentError, TransientError):
        return False
    return bool(answer.get("values"))


def _version(version: Json, project_key: str) -> AnalyzedVersion:
    return AnalyzedVersion(
        id=str(version["id"]),
        name=version["name"],
        description=version.get("description") or "",
        archived=bool(version.get("archived")),
        released=bool(version.get("released")),
        release_date=version.get("releaseDate"),
        project_key=project_key,
    )
