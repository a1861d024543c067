"""The project itself: name, lead, category, description."""

from services.fetcher.extract import Found
from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from shared.ids import user_id
from shared.jira.endpoints import PROJECT
from shared.kinds import EntityKind


async def fetch_project(context: TaskContext) -> Outcome:
    """Read one project (one request)."""
    session = context.session
    project = await session.jira.get(PROJECT, project=session.run.project_id)
    outcome = Outcome(totals={EntityKind.PROJECT: 1})
    outcome.add(session.origin, [Found(EntityKind.PROJECT, session.run.project_id, project)])
    if lead := user_id(project.get("lead")):
        outcome.add(session.origin, [Found(EntityKind.USER, lead, project["lead"])])
    return outcome
