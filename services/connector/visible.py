"""What the account sees after its login: at least one project, and perhaps boards."""

from services.connector.diagnosis.refusals import Refusal
from services.connector.diagnosis.translate import refusal_for, told_by_jira
from shared.errors import PermanentError, TransientError
from shared.jira import answers
from shared.jira.client import JiraClient
from shared.jira.endpoints import BOARDS, CLOUD_PROJECT_SEARCH, DC_PROJECTS
from shared.jira.errors import JiraNotFoundError, JiraScopeError
from shared.kinds import Deployment


async def ensure_projects_visible(client: JiraClient, deployment: Deployment, named: dict[str, str]) -> None:
    """Raise a Refusal for an account that sees no project: Jira itself calls that a success."""
    try:
        if deployment is Deployment.CLOUD:
            page = await client.get(CLOUD_PROJECT_SEARCH, params={"maxResults": 1})
            found = page.get("values")
        else:
            found = await client.get(DC_PROJECTS)
    except JiraNotFoundError:  # documented for "no project matches"
        found = []
    except (PermanentError, TransientError) as error:
        raise refusal_for(error, named) from error
    if not found:
        endpoint = CLOUD_PROJECT_SEARCH if deployment is Deployment.CLOUD else DC_PROJECTS
        raise Refusal("no_projects_visible", named, status=200, endpoint=str(endpoint))


async def missing_boards(client: JiraClient, named: dict[str, str]) -> Refusal | None:
    """Return why boards cannot be read, or None; boards are optional, so this is never raised."""
    try:
        answers.parse(await client.ask_once(BOARDS), endpoint=str(BOARDS))
    except JiraScopeError as error:
        return told_by_jira("agile_scope_missing", error, named)
    except (PermanentError, TransientError) as error:
        refusal = refusal_for(error, named)
        return Refusal(
            "boards_unreadable",
            named,
            jira_message=refusal.jira_message,
            status=refusal.status,
            endpoint=str(BOARDS),
        )
    return None
