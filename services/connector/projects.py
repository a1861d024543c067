"""The projects that a connection sees."""

from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

from services.connector.counts import issue_counts
from services.connector.jira_access import JiraAccess
from services.connector.schemas.projects import ProjectAnswer
from shared.jira.client import JiraClient
from shared.jira.endpoints import CLOUD_PROJECT_SEARCH, DC_PROJECTS
from shared.jira.errors import JiraNotFoundError
from shared.kinds import Deployment
from shared.state.connections import Connection

_PAGE: Final = 100  # the most that Cloud gives
_FRESH: Final = 60.0  # seconds that an answer is kept: the wizard goes back and forth
_AVATAR: Final = "48x48"
_SHOWN: Final = ("id", "key", "name", "description", "projectTypeKey", "style", "simplified")


class ProjectLists:
    """Lists the projects of connections, and keeps each list for a minute."""

    def __init__(self, access: JiraAccess) -> None:
        self._access = access
        self._kept: dict[tuple[str, bool], tuple[float, list[ProjectAnswer]]] = {}

    async def of(self, connection: Connection, *, open_issues_only: bool) -> list[ProjectAnswer]:
        """Return the projects with their counts; raises a Refusal when Jira refuses."""
        self._forget_old()
        wanted = (connection.id, open_issues_only)
        if wanted in self._kept:
            return self._kept[wanted][1]
        async with self._access.of(connection) as client:
            found = await list_projects(client, connection.deployment)
            keys = [project["key"] for project in found]
            counts = await issue_counts(client, connection.deployment, keys, open_only=open_issues_only)
        answer = [_to_answer(project, counts) for project in found]
        self._kept[wanted] = (monotonic(), answer)
        return answer

    def forget(self, connection_id: str) -> None:
        """Drop what is kept of a connection."""
        for open_issues_only in (True, False):
            self._kept.pop((connection_id, open_issues_only), None)

    def _forget_old(self) -> None:
        oldest = monotonic() - _FRESH
        self._kept = {wanted: kept for wanted, kept in self._kept.items() if kept[0] > oldest}


async def list_projects(client: JiraClient, deployment: Deployment) -> list[dict[str, Any]]:
    """Return what is shown of Jira's documents, ordered by key; raises JiraError."""
    if deployment is Deployment.DATA_CENTER:
        found = [_shown(one) for one in await client.get(DC_PROJECTS, params={"expand": "description"})]
    else:
        found = await _search_projects(client)
    return sorted(found, key=lambda project: str(project["key"]))


async def _search_projects(client: JiraClient) -> list[dict[str, Any]]:
    """Page by what really came, since Cloud may give less than was asked for."""
    found: list[dict[str, Any]] = []
    while True:
        params: dict[str, str | int] = {
            "startAt": len(found),
            "maxResults": _PAGE,
            "orderBy": "key",
            "expand": "description",
        }
        try:
            page = await client.get(CLOUD_PROJECT_SEARCH, params=params)
        except JiraNotFoundError:  # documented for "no project matches"
            return found
        values = page.get("values") or []
        found += map(_shown, values)
        if not values or page.get("isLast") or len(found) >= page.get("total", len(found) + 1):
            return found


def _shown(project: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a few members of Jira's document: a site has thousands of them, with URLs of all sorts."""
    avatar = (project.get("avatarUrls") or {}).get(_AVATAR)
    return {name: project[name] for name in _SHOWN if name in project} | {"avatar": avatar}


def _to_answer(project: Mapping[str, Any], counts: Mapping[str, int]) -> ProjectAnswer:
    return ProjectAnswer(
        key=project["key"],
        id=str(project["id"]),
        name=project.get("name") or project["key"],
        description=project.get("description") or "",
        project_type=project.get("projectTypeKey") or "",
        issue_count=counts.get(project["key"], 0),
        avatar_url=project["avatar"],
        is_team_managed=False,
        team_managed=project.get("style") == "next-gen" or bool(project.get("simplified")),
    )
