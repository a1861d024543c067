"""The project itself: its names of today and before, lead, category, description, and its issue types."""

from services.fetcher.found import Found, things, users
from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from shared.jira.endpoints import PROJECT
from shared.kinds import EntityKind


async def fetch_project(context: TaskContext) -> Outcome:
    """Read one project (one request); Cloud tells the hierarchy level of each issue type."""
    session = context.session
    with_former_keys = {"expand": "projectKeys"}
    project = await session.jira.get(PROJECT, project=session.run.project_id, params=with_former_keys)
    outcome = Outcome(totals={EntityKind.PROJECT: 1})
    outcome.add(session.origin, [Found(EntityKind.PROJECT, session.run.project_id, project)])
    outcome.add(session.origin, users(project.get("lead")))
    outcome.add(session.origin, things(EntityKind.ISSUE_TYPE, project.get("issueTypes")))
    return outcome
