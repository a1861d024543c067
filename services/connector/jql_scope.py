"""Whether Jira takes the JQL to which an import is restricted."""

from typing import Any

from services.connector.diagnosis.translate import told_by_jira
from services.connector.jira_access import named_of
from shared.jira.client import JiraClient
from shared.jira.endpoints import CLOUD_SEARCH, DC_SEARCH
from shared.jira.errors import JiraError
from shared.jira.jql import scope_of
from shared.kinds import Deployment
from shared.state.connections import Connection
from shared.state.imports import Import
from shared.together import together


async def ensure_jql(client: JiraClient, connection: Connection, import_: Import) -> None:
    """Raise a Refusal with Jira's words about the JQL of an import; one without any is not asked about.

    Asked by itself it must be right, or a bracket that it closes would take it out of its project.
    """
    if not import_.jql:
        return
    scopes = [scope_of(key, *import_.restrictions) for key in import_.project_keys]
    try:
        await together(*(_ask(client, connection, jql) for jql in (import_.jql, *scopes)))
    except JiraError as error:
        if error.status != 400:
            raise
        raise told_by_jira("jql_refused", error, named_of(connection)) from error


async def _ask(client: JiraClient, connection: Connection, jql: str) -> Any:
    endpoint = CLOUD_SEARCH if connection.deployment is Deployment.CLOUD else DC_SEARCH
    return await client.post(endpoint, {"jql": jql, "fields": ["id"], "maxResults": 1})
