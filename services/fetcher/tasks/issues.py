"""Fetches up to a hundred issues with all fields, and cuts tasks for what Jira did not embed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from services.fetcher.extract import attachments, embedded_histories, explode
from services.fetcher.outcome import Outcome
from services.fetcher.owner import Owner
from services.fetcher.tasks.attachments import attachment_tasks
from services.fetcher.tasks.context import TaskContext
from shared.errors import PermanentError
from shared.jira.endpoints import CLOUD_BULK_FETCH, DC_SEARCH
from shared.jira.entries import truncated
from shared.kinds import EntityKind, TaskKind
from shared.state.dead_letters import DeadLetter

Issues = dict[str, Mapping[str, Any]]

_SUB_RESOURCES: Final = {"comment": TaskKind.COMMENTS, "worklog": TaskKind.WORKLOGS}


async def fetch_issues(context: TaskContext) -> Outcome:
    """Read the issues of `spec["ids"]`: one request, and a second one for those that Jira left out.

    Jira leaves out silently what is deleted or not visible; what stays away is a dead letter.
    """
    wanted: Sequence[str] = context.task.spec["ids"]
    read = _bulk_fetch if context.session.cloud else _search
    issues = await read(context, wanted)
    if absent := [id_ for id_ in wanted if id_ not in issues]:
        issues |= await read(context, absent)
    outcome = Outcome()
    taken: Issues = {}
    for id_ in dict.fromkeys(wanted):
        if id_ in issues:
            if _take(context, issues[id_], outcome):
                taken[id_] = issues[id_]
        else:
            outcome.letters.append(
                context.letter(
                    EntityKind.ISSUE,
                    id_,
                    code="not_returned",
                    reason=f"Jira listed issue {id_} and then left it out: deleted or hidden meanwhile",
                )
            )
    outcome.follow_ups += attachment_tasks(context, [a for i in taken.values() for a in attachments(i)])
    outcome.totals = _totals(taken)
    return outcome


def _take(context: TaskContext, issue: Mapping[str, Any], outcome: Outcome) -> bool:
    """Add what came with one issue; an issue that cannot be taken apart is a letter, the others go on."""
    try:
        found = list(explode(issue))
    except (PermanentError, KeyError, TypeError, ValueError, AttributeError) as error:
        outcome.letters.append(
            context.letter(
                EntityKind.ISSUE,
                str(issue.get("id")),
                code="malformed",
                reason=f"Issue {issue.get('key')} is not shaped as Jira's are: {error!r}",
                payload=orjson.dumps(issue).decode()[:100_000],
            )
        )
        return False
    outcome.add(context.session.origin, found)
    if not context.session.cloud:
        outcome.letters += _lost_history(context, issue)
    fields = issue.get("fields") or {}
    for field, kind in _SUB_RESOURCES.items():
        if truncated(fields, field):
            spec = {"issue": str(issue["id"]), "start": 0, "owner": Owner.of(issue).to_text()}
            outcome.follow_ups.append(context.follow_up(kind, f"{issue['id']}.000000", spec))
    return True


def _lost_history(context: TaskContext, issue: Mapping[str, Any]) -> Iterator[DeadLetter]:
    """Data Center embeds the whole history and has no other way to it; what is short of its total is lost."""
    page = issue.get("changelog")
    total = page.get("total") if isinstance(page, Mapping) else "an unknown number of"
    if total != (given := len(embedded_histories(issue))):
        reason = f"Jira counts {total} changes of issue {issue.get('key')}, and gave {given}"
        yield context.letter(EntityKind.HISTORY, f"issue {issue['id']}", code="incomplete", reason=reason)


def _totals(issues: Issues) -> dict[str, int]:
    """Count the comments, worklogs and attachments that Jira has of these issues."""
    totals = {EntityKind.COMMENT: 0, EntityKind.WORKLOG: 0, EntityKind.ATTACHMENT: 0}
    for issue in issues.values():
        fields = issue.get("fields") or {}
        for field, kind in (("comment", EntityKind.COMMENT), ("worklog", EntityKind.WORKLOG)):
            page = fields.get(field)
            if isinstance(page, Mapping) and isinstance(page.get("total"), int):
                totals[kind] += page["total"]
        totals[EntityKind.ATTACHMENT] += len(attachments(issue))
    return {kind.value: count for kind, count in totals.items() if count}


async def _bulk_fetch(context: TaskContext, ids: Sequence[str]) -> Issues:
    body = {"issueIdsOrKeys": list(ids), "fields": ["*all"]}
    answer = await context.session.jira.post(CLOUD_BULK_FETCH, body)
    return _by_id(answer["issues"])


def _by_id(issues: Sequence[Any]) -> Issues:
    """What is no issue counts as left out."""
    return {str(i["id"]): i for i in issues if isinstance(i, Mapping) and i.get("id")}


async def _search(context: TaskContext, ids: Sequence[str]) -> Issues:
    """Data Center has no bulk fetch: ask JQL for the ids, tolerating those that are gone."""
    found: Issues = {}
    start = 0
    while True:
        answer = await context.session.jira.post(
            DC_SEARCH,
            {
                "jql": f"id in ({','.join(ids)}) ORDER BY id ASC",
                "fields": ["*all"],
                "expand": ["changelog"],
                "startAt": start,
                "maxResults": len(ids),
                "validateQuery": False,
            },
        )
        found |= _by_id(answer["issues"])
        start += len(answer["issues"])
        if not answer["issues"] or start >= answer["total"]:
            return found
