"""What the project and the site define, whether an issue uses it or not: one short list each."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from services.fetcher.found import Found, things, users
from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from shared.jira import endpoints
from shared.jira.endpoints import Endpoint
from shared.jira.entries import objects
from shared.kinds import EntityKind


async def fetch_catalog(context: TaskContext) -> Outcome:
    """Read the lists (seven requests); one that this account may not read is left out.

    Jira orders its priorities and says nothing of it in them: `rank` does, 0 for the most important one.
    """
    session, outcome = context.session, Outcome()
    for endpoint, found_in in _LISTS.items():
        answer = await context.optional(session.jira.get(endpoint, project=session.run.project_id))
        if answer is not None:
            outcome.add(session.origin, found_in(answer))
    return outcome


def _statuses(issue_types: Any) -> Iterator[Found]:
    for issue_type in objects(issue_types):
        yield from things(EntityKind.STATUS, issue_type.get("statuses"))


def _components(components: Any) -> Iterator[Found]:
    yield from things(EntityKind.COMPONENT, components)
    yield from users(*(component.get("lead") for component in objects(components)))


def _priorities(priorities: Any) -> Iterator[Found]:
    ranked = [{**priority, "rank": rank} for rank, priority in enumerate(objects(priorities))]
    yield from things(EntityKind.PRIORITY, ranked)


_LISTS: Final[dict[Endpoint, Callable[[Any], Iterator[Found]]]] = {
    endpoints.PROJECT_STATUSES: _statuses,
    endpoints.PROJECT_VERSIONS: lambda answer: things(EntityKind.VERSION, answer),
    endpoints.PROJECT_COMPONENTS: _components,
    endpoints.SECURITY_LEVELS: lambda answer: things(EntityKind.SECURITY_LEVEL, answer["levels"]),
    endpoints.PRIORITIES: _priorities,
    endpoints.RESOLUTIONS: lambda answer: things(EntityKind.RESOLUTION, answer),
    endpoints.LINK_TYPES: lambda answer: things(EntityKind.LINK_TYPE, answer["issueLinkTypes"]),
}
