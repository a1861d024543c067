"""Fetches up to a hundred issues with all fields, and cuts tasks for what Jira did not embed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from services.fetcher.extract import (
    attachment_entities,
    attachments,
    embedded_histories,
    explode,
    incomplete,
    unreadable,
)
from services.fetcher.outcome import Outcome
from services.fetcher.owner import Owner
from services.fetcher.publicity import EXPAND, is_untold
from services.fetcher.tasks.around import names_remote_link, people_tasks, remote_link_tasks
from services.fetcher.tasks.attachments import attachment_tasks
from services.fetcher.tasks.context import TaskContext
from services.fetcher.tasks.issues_by_id import Issues, read_issues
from shared.errors import PermanentError
from shared.jira.endpoints import MYSELF
from shared.jira.errors import JiraTooLargeError
from shared.kinds import EntityKind, TaskKind
from shared.state.dead_letters import DeadLetter
from shared.state.ledger import Fate, Task

_SUB_RESOURCES: Final = {"comment": TaskKind.COMMENTS, "worklog": TaskKind.WORKLOGS}


async def fetch_issues(context: TaskContext) -> Outcome:
    """Read the issues of `spec["ids"]`: one request, and a second one for those that Jira left out.

    Jira leaves out silently what is deleted or not visible to this account: those are noted as absent. A task
    that looks for issues which are not listed any more has `spec["elsewhere"]`, see `_whereabouts`.
    """
    wanted: Sequence[str] = list(dict.fromkeys(context.task.spec["ids"]))
    try:
        answer = await read_issues(context.session, wanted)
    except JiraTooLargeError:
        if len(wanted) == 1:
            raise
        return Outcome(follow_ups=_halves(context, wanted))
    if absent := [id_ for id_ in wanted if id_ not in answer.issues]:
        answer = answer.with_second(await read_issues(context.session, absent))
    outcome = Outcome()
    taken: Issues = {}
    for id_ in wanted:
        issue = answer.issues.get(id_)
        if issue is None and (reason := answer.reason(id_)):
            outcome.letters.append(_not_returned(context, id_, reason))
            continue
        fate = Fate.ABSENT if issue is None else _whereabouts(context, issue)
        if fate is not None:
            outcome.fates[fate].append(id_)
        if issue is not None and fate in (None, Fate.MOVED) and _take(context, issue, outcome):
            taken[id_] = issue
    if outcome.fates[Fate.ABSENT]:
        await context.session.jira.get(MYSELF)  # raises for a dead credential, to which any issue is hidden
    files = [attachment for issue in taken.values() for attachment in attachments(issue)]
    if context.session.import_.dry_run:  # no bytes are read: they would have to be written
        for attachment in files:
            outcome.add(context.session.origin, attachment_entities(attachment, None))
    else:
        outcome.follow_ups += attachment_tasks(context, files)
    outcome.follow_ups += remote_link_tasks(context, list(taken), _hinted(context, taken))
    outcome.follow_ups += people_tasks(context, taken.values())
    outcome.totals = _totals(taken)
    return outcome


def _halves(context: TaskContext, ids: Sequence[str]) -> list[Task]:
    """Return two tasks in place of one whose issues are too large together."""
    middle = len(ids) // 2
    return [
        context.follow_up(
            TaskKind.ISSUES, f"{context.task.ordinal}.{number}", {**context.task.spec, "ids": half}
        )
        for number, half in enumerate((ids[:middle], ids[middle:]))
    ]


def _whereabouts(context: TaskContext, issue: Mapping[str, Any]) -> Fate | None:
    """Return what became of an issue that is not listed any more but still there; None for a listed one.

    One that went to a project which is in Windshift too is followed there.
    """
    elsewhere, run = context.task.spec.get("elsewhere"), context.session.run
    if elsewhere is None:
        return None
    project = str(((issue.get("fields") or {}).get("project") or {}).get("id"))
    if project == run.project_id:
        return Fate.MOVED if context.session.import_.restrictions else Fate.PRESENT
    return Fate.MOVED if project in elsewhere else Fate.LEFT


def _not_returned(context: TaskContext, id_: str, reason: str) -> DeadLetter:
    words = f"Jira listed issue {id_} and did not give it: {reason}"
    return context.letter(
        EntityKind.ISSUE, id_, issue_id=id_, code="not_returned", reason=words, jira_message=reason
    )


def _take(context: TaskContext, issue: Mapping[str, Any], outcome: Outcome) -> bool:
    """Add what came with one issue; an issue that cannot be taken apart is a letter, the others go on."""
    try:
        found = list(explode(issue))
    except (PermanentError, KeyError, TypeError, ValueError, AttributeError) as error:
        outcome.letters.append(
            context.letter(
                EntityKind.ISSUE,
                str(issue.get("id")),
                issue_id=str(issue.get("id")),
                code="malformed",
                reason=f"Issue {issue.get('key')} is not shaped as Jira's are: {error!r}",
                payload=orjson.dumps(issue).decode()[:100_000],
            )
        )
        return False
    outcome.add(context.session.origin, found)
    id_ = str(issue["id"])
    for what, bad in unreadable(issue):
        outcome.letters += context.malformed(what, f"issue {id_}", bad, issue_id=id_)
    if not context.session.cloud:
        outcome.letters += _lost_history(context, issue)
    fields = issue.get("fields") or {}
    for field, kind in _SUB_RESOURCES.items():
        if incomplete(fields, field):
            spec = {"issue": str(issue["id"]), "start": 0, "owner": Owner.of(issue).to_text()}
            if field == "comment" and is_untold(fields):
                spec["expand"] = EXPAND
            outcome.follow_ups.append(context.follow_up(kind, f"{issue['id']}.000000", spec))
    return True


def _hinted(context: TaskContext, issues: Issues) -> list[str]:
    """Return those that may have remote links, as their history says; on Cloud it is read by itself."""
    if context.session.cloud:
        return []
    return [
        id_
        for id_, issue in issues.items()
        if names_remote_link(embedded_histories(issue)) or any(_lost_history(context, issue))
    ]


def _lost_history(context: TaskContext, issue: Mapping[str, Any]) -> Iterator[DeadLetter]:
    """Data Center embeds the whole history and has no other way to it; what is short of its total is lost."""
    page = issue.get("changelog")
    total = page.get("total") if isinstance(page, Mapping) else "an unknown number of"
    if total != (given := len(embedded_histories(issue))):
        reason = f"Jira counts {total} changes of issue {issue.get('key')}, and gave {given}"
        id_ = str(issue["id"])
        yield context.letter(
            EntityKind.HISTORY, f"issue {id_}", issue_id=id_, code="incomplete", reason=reason
        )


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
