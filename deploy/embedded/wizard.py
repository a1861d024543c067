"""The calls that Windshift's import wizard makes, in its order and with its bodies."""

import json
from itertools import groupby
from types import TracebackType
from typing import Any, Self

import httpx

from deploy.embedded.loopback import loopback
from deploy.embedded.simulator import Login

Json = dict[str, Any]


class RefusedError(RuntimeError):
    """The connector said no; the message is what an admin would read."""


class Wizard:
    """An admin in front of the connector's API."""

    def __init__(self, connector_url: str, api_token: str, *, patience: float = 60.0) -> None:
        self._client = loopback(
            base_url=f"{connector_url}/api/admin/jira-import",
            headers={"Authorization": f"Bearer {api_token}"},
            timeout=patience,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def connect(self, jira_url: str, login: Login) -> Json:
        return await self._ask(
            "POST",
            "connect",
            json={
                "instance_url": jira_url,
                "email": login.email,
                "api_token": login.api_token,
                "deployment_type": login.deployment_type,
            },
        )

    async def projects(self, connection_id: str) -> list[Json]:
        found: list[Json] = await self._ask_any(
            "GET", "projects", params={"connection_id": connection_id, "open_issues_only": "false"}
        )
        return found

    async def analyze(self, connection_id: str, project_keys: list[str]) -> Json:
        return await self._ask("POST", "analyze", json=_chosen(connection_id, project_keys))

    async def start(
        self,
        connection_id: str,
        project_keys: list[str],
        analysis: Json,
        mappings: Json | None = None,
        **options: Any,
    ) -> str:
        """Start the import with everything created anew, unless `mappings` say otherwise; return its id.

        `options` are further members of the request, which the wizard itself does not send.
        """
        chosen = mappings_for(analysis) | (mappings or {})
        body = _chosen(connection_id, project_keys) | {"mappings": chosen} | options
        return str((await self._ask("POST", "start", json=body))["job_id"])

    async def remap(self, job_id: str, mappings: Json) -> Json:
        """Ask for another mapping of an import that is completed."""
        return await self._ask("POST", f"jobs/{job_id}/remap", json={"mappings": mappings})

    async def steer(self, job_id: str, step: str) -> Json:
        """Pause, resume or cancel."""
        return await self._ask("POST", f"jobs/{job_id}/{step}")

    async def retry(self, job_id: str, **chosen: Any) -> Json:
        """Try again what failed, or of it what is chosen by members of a replay's request."""
        path = f"jobs/{job_id}/dead-letters/replay" if chosen else f"jobs/{job_id}/retry"
        return await self._ask("POST", path, json=chosen)

    async def dead_letters(self, job_id: str, **query: Any) -> Json:
        """A page of what did not arrive."""
        return await self._ask("GET", f"jobs/{job_id}/dead-letters", params=query)

    async def job(self, job_id: str) -> Json:
        return await self._ask("GET", f"jobs/{job_id}")

    async def ended(self, job_id: str) -> Json:
        """Follow a job's events; return the job once it has ended (no poll loads the servers meanwhile)."""
        while True:  # a stream has a longest life
            async with self._client.stream("GET", f"jobs/{job_id}/events", timeout=None) as response:
                event = ""
                async for line in response.aiter_lines():
                    if line.startswith("event: "):
                        event = line.removeprefix("event: ")
                    elif event == "end" and line.startswith("data: "):
                        job: Json = json.loads(line.removeprefix("data: "))
                        return job

    async def report(self, job_id: str) -> Json:
        return await self._ask("GET", f"jobs/{job_id}/report")

    async def start_verification(self, job_id: str) -> Json:
        return await self._ask("POST", f"jobs/{job_id}/verify")

    async def verification(self, job_id: str) -> Json:
        return await self._ask("GET", f"jobs/{job_id}/verify")

    async def undo(self, job_id: str) -> Json:
        """Remove what a job created from Windshift."""
        return await self._ask("DELETE", f"jobs/{job_id}/data")

    async def undone(self, job_id: str, **query: Any) -> Json:
        """Tell how far an undo is, and what stays."""
        return await self._ask("GET", f"jobs/{job_id}/data", params=query)

    async def _ask(self, method: str, path: str, **request: Any) -> Json:
        answer: Json = await self._ask_any(method, path, **request)
        return answer

    async def _ask_any(self, method: str, path: str, **request: Any) -> Any:
        response = await self._client.request(method, path, **request)
        if response.is_error:
            raise RefusedError(f"{method} {path}: {response.status_code} {_reason(response)}")
        return response.json()


def mappings_for(analysis: Json) -> Json:
    """What the wizard sends when the admin changes nothing: each name of Jira becomes a new thing."""
    return {
        "workspaces": [
            {
                "jiraKey": project["key"],
                "jiraName": project["name"],
                "issueCount": project["issue_count"],
                "windshiftId": None,
                "createNew": True,
                "newWorkspaceName": project["name"],
                "newWorkspaceKey": project.get("suggested_workspace_key", project["key"]),
            }
            for project in analysis["projects"]
        ],
        "issueTypes": [
            {
                "jiraIds": [one["id"] for one in same],
                "jiraName": name,
                "isSubtask": same[0]["subtask"],
                "hierarchyLevel": same[0]["hierarchy_level"],
                "windshiftId": None,
                "createNew": True,
            }
            for name, same in _by_name(analysis["issue_types"])
        ],
        "statuses": [
            {
                "jiraIds": [one["id"] for one in same],
                "jiraName": name,
                "categoryKey": same[0]["category_key"],
                "categoryName": same[0]["category_name"],
                "color": same[0]["color"],
                "windshiftId": None,
                "createNew": True,
            }
            for name, same in _by_name(analysis["statuses"])
        ],
        "customFields": [_custom_field(found) for found in analysis["custom_fields"]],
        "versions": [_version(found) for found in analysis.get("versions") or []],
    }


def _custom_field(found: Json) -> Json:
    return {
        "jiraId": found["jira_field_id"],
        "jiraName": found["jira_field_name"],
        "jiraType": found["jira_field_type"],
        "windshiftType": found["windshift_field_type"],
        "canMap": found["can_map"],
        "notes": found.get("notes"),
        "action": "create" if found["can_map"] else "skip",
        "windshiftId": None,
    }


def _version(found: Json) -> Json:
    return {
        "jiraId": found["id"],
        "jiraName": found["name"],
        "projectKey": found["project_key"],
        "released": found["released"],
        "releaseDate": found.get("release_date"),
        "createNew": True,
    }


def _by_name(things: list[Json]) -> list[tuple[str, list[Json]]]:
    """Group things of one name: projects have types and statuses of their own that read the same."""
    ordered = sorted(things, key=lambda thing: str(thing["name"]))
    return [(name, list(same)) for name, same in groupby(ordered, key=lambda thing: str(thing["name"]))]


def _chosen(connection_id: str, project_keys: list[str]) -> Json:
    return {"connection_id": connection_id, "project_keys": project_keys, "open_issues_only": False}


def _reason(response: httpx.Response) -> str:
    try:
        said = response.json()
    except ValueError:
        return response.text[:500]
    return str(said.get("error") or said) if isinstance(said, dict) else str(said)
