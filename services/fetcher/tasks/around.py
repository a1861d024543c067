"""What stands around an issue and costs a request for each: remote links, watchers, votes.

Jira writes a change `RemoteIssueLink` (Cloud now says `RemoteWorkItemLink`) into the history of an issue when
a remote link is made, changed or removed, and has done so since 5.0, when remote links came
(`DefaultRemoteIssueLinkManager`); a clone's links are made in the same way. So only issues with such a change
are asked for links. Links that came without a history, as with a database restored in part, are found with
`REMOTE_LINKS=all`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from services.fetcher.found import Found, users
from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from shared.jira.endpoints import REMOTE_LINKS, VOTES, WATCHERS, Endpoint
from shared.jira.entries import objects, sift
from shared.kinds import EntityKind, TaskKind
from shared.state.ledger import Task

ISSUES_PER_TASK: Final = 20  # one request each
_REMOTE_LINK_FIELDS: Final = ("remoteissuelink", "remoteworkitemlink")  # how their names begin


def names_remote_link(histories: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether an issue ever had a remote link, by its changes."""
    items = (item for history in histories for item in objects(history.get("items")))
    return any(str(item.get("field")).lower().startswith(_REMOTE_LINK_FIELDS) for item in items)


def remote_link_tasks(context: TaskContext, issues: Sequence[str], hinted: Sequence[str]) -> list[Task]:
    """Return the tasks that read the remote links of some issues: by the settings, of those with a hint."""
    wanted = {"all": issues, "hinted": hinted, "none": ()}[context.settings.remote_links]
    return context.cut(TaskKind.REMOTE_LINKS, wanted, ISSUES_PER_TASK)


def people_tasks(context: TaskContext, issues: Iterable[Mapping[str, Any]]) -> list[Task]:
    """Return the tasks that read who watches some issues and who voted, where Jira counts any."""
    if context.settings.watchers_and_voters == "counted":
        return []
    watched, voted = [], []
    for issue in issues:
        fields = issue.get("fields") or {}
        if count := _count(fields.get("watches"), "watchCount"):
            watched.append([str(issue["id"]), count])
        if count := _count(fields.get("votes"), "votes"):
            voted.append([str(issue["id"]), count])
    return [
        *context.cut(TaskKind.WATCHERS, watched, ISSUES_PER_TASK),
        *context.cut(TaskKind.VOTES, voted, ISSUES_PER_TASK),
    ]


async def fetch_remote_links(context: TaskContext) -> Outcome:
    """Read the remote links of the issues `spec["ids"]`; none where issue linking is off."""
    session, outcome = context.session, Outcome()
    for issue in context.task.spec["ids"]:
        links = await context.optional(session.jira.get(REMOTE_LINKS, issue=issue))
        good, bad = sift(links) if links is not None else ((), 0)
        for link in good:
            found = Found(EntityKind.REMOTE_LINK, str(link["id"]), {**link, "issueId": issue})
            outcome.add(session.origin, [found])
        outcome.letters += context.malformed(EntityKind.REMOTE_LINK, f"issue {issue}", bad, issue_id=issue)
    return outcome


async def fetch_watchers(context: TaskContext) -> Outcome:
    """Read who watches the issues of `spec["ids"]` (pairs of id and count)."""
    return await _people(context, WATCHERS, EntityKind.WATCHERS, count="watchCount", names="watchers")


async def fetch_votes(context: TaskContext) -> Outcome:
    """Read who voted for the issues of `spec["ids"]` (pairs of id and count)."""
    return await _people(context, VOTES, EntityKind.VOTES, count="votes", names="voters")


async def _people(
    context: TaskContext, endpoint: Endpoint, kind: EntityKind, *, count: str, names: str
) -> Outcome:
    """Without the permission *View voters and watchers* only the count is known, and is published."""
    session, outcome = context.session, Outcome()
    for issue, known in context.task.spec["ids"]:
        answer = await context.optional(session.jira.get(endpoint, issue=issue))
        payload = {"issueId": issue, count: known}
        if answer is not None:
            payload |= {name: answer[name] for name in (count, names) if answer.get(name)}
        outcome.add(session.origin, [Found(kind, issue, payload), *users(*payload.get(names, ()))])
    return outcome


def _count(value: Any, member: str) -> int:
    count = value.get(member) if isinstance(value, Mapping) else None
    return count if isinstance(count, int) else 0
