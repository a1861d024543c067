"""The change history of Cloud's issues, a thousand of them at once, a page per task."""

from collections.abc import Mapping
from typing import Any, Final

from services.fetcher.extract import history_entities
from services.fetcher.outcome import Outcome
from services.fetcher.tasks.around import names_remote_link, remote_link_tasks
from services.fetcher.tasks.context import TaskContext
from shared.errors import PermanentError
from shared.jira.endpoints import CLOUD_CHANGELOGS
from shared.jira.entries import sift
from shared.kinds import EntityKind, TaskKind
from shared.state.ledger import Task

ISSUES_PER_HISTORY: Final = 1000  # as many as Jira takes
_PAGE: Final = 2000  # changes; up to 10,000 are allowed, a kilobyte each
_EMPTY_PAGES: Final = 10  # a page may be empty and carry a token; an endless row of them is an error


async def fetch_history(context: TaskContext) -> Outcome:
    """Read one page of the changes of the issues `spec["ids"]`, oldest first.

    Jira tells no total here: the walk is whole when a page names no next one. Where Jira refuses the bulk
    request, each issue has a task of its own.
    """
    spec = context.task.spec
    asked = {"issueIdsOrKeys": spec["ids"], "maxResults": _PAGE}
    if token := spec.get("token"):
        asked["nextPageToken"] = token
    answer = await context.optional(context.session.jira.post(CLOUD_CHANGELOGS, asked))
    if answer is None:
        return Outcome(follow_ups=_one_by_one(context))
    outcome = Outcome()
    hinted: list[str] = []
    for log in answer["issueChangeLogs"]:
        issue, (histories, bad) = str(log["issueId"]), sift(log["changeHistories"])
        outcome.letters += context.malformed(EntityKind.HISTORY, f"issue {issue}", bad, issue_id=issue)
        for history in histories:
            outcome.add(context.session.origin, history_entities(issue, history))
        if names_remote_link(histories):
            hinted.append(issue)
    outcome.follow_ups += remote_link_tasks(context, (), hinted)
    if following := answer.get("nextPageToken"):
        outcome.follow_ups.append(_next_page(context, following, outcome))
    return outcome


def _next_page(context: TaskContext, token: str, outcome: Outcome) -> Task:
    spec: Mapping[str, Any] = context.task.spec
    last = outcome.entities[-1].id if outcome.entities else None
    empty = 0 if outcome.entities else int(spec.get("empty", 0)) + 1
    if token == spec.get("token") or (last and last == spec.get("last")) or empty > _EMPTY_PAGES:
        raise PermanentError(f"Jira repeats itself in {context.task.id}: the walk would not end")
    page, _, number = context.task.ordinal.partition("-")
    following = {"ids": spec["ids"], "token": token, "last": last, "empty": empty}
    return context.follow_up(TaskKind.HISTORY, f"{page}-{int(number or 0) + 1:06d}", following)


def _one_by_one(context: TaskContext) -> list[Task]:
    """A task for the history of each issue; their remote links are read without waiting for hints."""
    ids = context.task.spec["ids"]
    changes = [
        context.follow_up(TaskKind.CHANGELOG, f"{id_}.000000", {"issue": id_, "start": 0}) for id_ in ids
    ]
    return [*changes, *remote_link_tasks(context, (), ids)]
