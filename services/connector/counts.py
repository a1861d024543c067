"""How many issues a project has, asked of Jira without reading any."""

from collections.abc import Sequence
from typing import Final

from services.connector.in_time import in_time
from shared.errors import PermanentError, TransientError
from shared.jira.client import JiraClient
from shared.jira.endpoints import CLOUD_COUNT, DC_SEARCH
from shared.jira.jql import OPEN_ISSUES, scope_of
from shared.kinds import Deployment
from shared.logging import get_logger

jira_log = get_logger("jira")

_AT_ONCE: Final = 16
PATIENCE: Final = 10.0  # seconds; a site with thousands of projects shows 0 for those that it had no time for


async def issue_counts(
    client: JiraClient, deployment: Deployment, keys: Sequence[str], *, open_only: bool
) -> dict[str, int]:
    """Return the count by key, as far as they came in time.

    Of thousands of projects, few are asked for at once: a request that waits takes memory.
    """
    counts: dict[str, int] = {}
    waiting = iter(keys)

    async def ask() -> None:
        for key in waiting:
            counts[key] = await _count(client, deployment, key, open_only=open_only)

    await in_time("counts", {number: ask() for number in range(_AT_ONCE)}, patience=PATIENCE)
    return counts


async def _count(client: JiraClient, deployment: Deployment, key: str, *, open_only: bool) -> int:
    jql = scope_of(key, OPEN_ISSUES if open_only else "")
    try:
        if deployment is Deployment.CLOUD:
            answer = await client.post(CLOUD_COUNT, {"jql": jql})
            return int(answer.get("count", 0))
        answer = await client.post(DC_SEARCH, {"jql": jql, "maxResults": 0, "fields": ["key"]})
        return int(answer.get("total", 0))
    except (PermanentError, TransientError) as error:
        message = getattr(error, "jira_message", str(error))
        jira_log.warning("count_refused", project=key, jira_message=message)
        return 0  # for the wizard's eyes only; the import itself counts ids
