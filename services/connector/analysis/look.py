"""Jira's own documents of the chosen projects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import PermanentError, TransientError
from shared.jira.client import JiraClient
from shared.jira.endpoints import BOARDS, PROJECT, PROJECT_STATUSES
from shared.jira.errors import JiraNotFoundError
from shared.together import together


@dataclass(frozen=True, slots=True)
class Looked:
    """Jira's documents of one project."""

    project: dict[str, Any]
    types: list[dict[str, Any]]  # each with the statuses of its workflow
    scrum: bool  # whether it has a board with sprints

    @property
    def key(self) -> str:
        """The project's key."""
        return str(self.project["key"])

    @property
    def versions(self) -> list[dict[str, Any]]:
        """The project's versions."""
        return self.project.get("versions") or []


async def look_into(client: JiraClient, keys: Sequence[str]) -> list[Looked]:
    """Return the projects that Jira shows; the others are left out, as the wizard expects."""
    found = await together(*(_look(client, key) for key in keys))
    return [one for one in found if one is not None]


async def _look(client: JiraClient, key: str) -> Looked | None:
    try:
        project, types, scrum = await together(
            client.get(PROJECT, project=key),
            client.get(PROJECT_STATUSES, project=key),
            _has_scrum_board(client, key),
        )
    except JiraNotFoundError:
        return None
    return Looked(project, types, scrum)


async def _has_scrum_board(client: JiraClient, key: str) -> bool:
    """Boards are optional: an account may lack the scope, the licence, or boards."""
    params: dict[str, str | int] = {"projectKeyOrId": key, "type": "scrum", "maxResults": 1}
    try:
        answer = await client.get(BOARDS, params=params)
    except (PermanentError, TransientError):
        return False
    return bool(answer.get("values"))
