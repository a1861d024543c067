"""What the project and the site define, whether an issue uses it or not: one short list each."""

from collections.abc import Callable
from typing import Any, Final

from services.fetcher.found import things, users
from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from shared.jira import endpoints
from shared.jira.endpoints import Endpoint
from shared.jira.entries import objects, sift
from shared.kinds import EntityKind


async def fetch_catalog(context: TaskContext) -> Outcome:
    """Read the lists (seven requests); one that this account may not read is left out.

    Jira orders its priorities and says nothing of it in them: `rank` does, 0 for the most important one.
    """
    session, outcome = context.session, Outcome()
    for endpoint, (kind, inside) in _LISTS.items():
        answer = await context.optional(session.jira.get(endpoint, project=session.run.project_id))
        if answer is None:
            continue
        good, bad = sift(inside(answer))
        if kind is EntityKind.PRIORITY:
            good = [{**priority, "rank": rank} for rank, priority in enumerate(good)]
        outcome.add(session.origin, things(kind, good))
        if kind is EntityKind.COMPONENT:
            outcome.add(session.origin, users(*(component.get("lead") for component in good)))
        outcome.letters += context.malformed(kind, f"lists of {context.task.project_key}", bad)
    return outcome


def _itself(answer: Any) -> Any:
    return answer


def _member(name: str) -> Callable[[Any], Any]:
    return lambda answer: answer.get(name) if isinstance(answer, dict) else None


def _statuses(issue_types: Any) -> Any:
    """Those of all issue types; None where any of them is not shaped as Jira's are."""
    types = objects(issue_types)
    lists = [issue_type.get("statuses") for issue_type in types]
    if not isinstance(issue_types, list) or len(types) < len(issue_types):
        return None
    return [status for one in lists for status in (one if isinstance(one, list) else [None])]


_LISTS: Final[dict[Endpoint, tuple[EntityKind, Callable[[Any], Any]]]] = {
    endpoints.PROJECT_STATUSES: (EntityKind.STATUS, _statuses),
    endpoints.PROJECT_VERSIONS: (EntityKind.VERSION, _itself),
    endpoints.PROJECT_COMPONENTS: (EntityKind.COMPONENT, _itself),
    endpoints.SECURITY_LEVELS: (EntityKind.SECURITY_LEVEL, _member("levels")),
    endpoints.PRIORITIES: (EntityKind.PRIORITY, _itself),
    endpoints.RESOLUTIONS: (EntityKind.RESOLUTION, _itself),
    endpoints.LINK_TYPES: (EntityKind.LINK_TYPE, _member("issueLinkTypes")),
}
