"""Fetches comments, worklogs and changes of one issue whole, a page after the other."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from services.fetcher.extract import comment_entities, history_entities, worklog_entities
from services.fetcher.found import Found
from services.fetcher.outcome import Outcome
from services.fetcher.owner import Owner
from services.fetcher.publicity import told
from services.fetcher.tasks.context import TaskContext
from shared.errors import PermanentError
from shared.jira.endpoints import CLOUD_CHANGELOG, COMMENTS, WORKLOGS, Endpoint
from shared.jira.entries import read_entries
from shared.kinds import EntityKind

_PER_TASK: Final = 1000  # entities; an issue with 50,000 comments becomes 50 short tasks
_MORE: Final = 10_000  # entries beyond twice the count that Jira gave: then it makes them up

Explode = Callable[[Mapping[str, Any]], Iterator[Found]]


async def fetch_comments(context: TaskContext) -> Outcome:
    """Read up to a thousand comments of an issue from `spec["start"]` on, with `spec["expand"]`."""
    owner = Owner.of_text(context.task.spec["owner"])
    expanded = "expand" in context.task.spec

    def explode(comment: Mapping[str, Any]) -> Iterator[Found]:
        return comment_entities(owner, told(comment) if expanded else comment)

    return await _fetch(context, COMMENTS, "comments", EntityKind.COMMENT, explode)


async def fetch_worklogs(context: TaskContext) -> Outcome:
    """Read up to a thousand worklogs of an issue from `spec["start"]` on."""
    explode = partial(worklog_entities, Owner.of_text(context.task.spec["owner"]))
    return await _fetch(context, WORKLOGS, "worklogs", EntityKind.WORKLOG, explode)


async def fetch_changelog(context: TaskContext) -> Outcome:
    """Read up to a thousand changes of an issue from `spec["start"]` on (Cloud only)."""
    explode = partial(history_entities, str(context.task.spec["issue"]))
    return await _fetch(context, CLOUD_CHANGELOG, "values", EntityKind.HISTORY, explode)


async def _fetch(
    context: TaskContext, endpoint: Endpoint, member: str, kind: EntityKind, explode: Explode
) -> Outcome:
    issue, start = str(context.task.spec["issue"]), int(context.task.spec["start"])
    found, total = await _read(context, endpoint, member, issue, start)
    if _expected(start, total) != len(found):
        again, total = await _read(context, endpoint, member, issue, start)  # something was added or deleted
        found |= again
    outcome = Outcome()
    for item in found.values():
        outcome.add(context.session.origin, explode(item))
    if len(found) < _expected(start, total):
        outcome.letters.append(
            context.letter(
                kind,
                f"{issue}#from{start}",
                issue_id=issue,
                code="incomplete",
                reason=f"Jira counts {total} {kind}s of issue {issue}, and gave {len(found)} after {start}",
            )
        )
    if start + _PER_TASK < total or len(found) >= _PER_TASK:
        first = int(context.task.spec.get("total", total))
        if start > 2 * first + _MORE:
            raise PermanentError(
                f"Jira counted {first} {kind}s of issue {issue}; after {start} there is no end"
            )
        spec = {**context.task.spec, "start": start + _PER_TASK, "total": first}
        ordinal = f"{issue}.{start + _PER_TASK:06d}"
        outcome.follow_ups.append(context.follow_up(context.task.kind, ordinal, spec))
    return outcome


def _expected(start: int, total: int) -> int:
    return max(0, min(total - start, _PER_TASK))


async def _read(
    context: TaskContext, endpoint: Endpoint, member: str, issue: str, start: int
) -> tuple[dict[str, Mapping[str, Any]], int]:
    session = context.session
    return await read_entries(
        session.jira,
        endpoint,
        member,
        issue,
        cloud=session.cloud,
        start=start,
        most=_PER_TASK,
        expand=context.task.spec.get("expand", ""),
    )
