"""The dead letters of a task that failed for good: one for each thing that it would have brought."""

from collections.abc import Iterator

import orjson

from shared.kinds import EntityKind, TaskKind
from shared.state.dead_letters import TASK_FAILED, DeadLetter
from shared.state.ledger import Task


def letters_of(task: Task, error: Exception) -> list[DeadLetter]:
    """Name each issue or attachment of the task; where only Jira knows the ids, one letter stands for all."""
    reason = str(error) or type(error).__name__
    return [
        DeadLetter(
            import_id=task.import_id,
            project_key=task.project_key,
            kind=kind,
            id=id_,
            issue_id=issue_id,
            stage="fetch",
            code=TASK_FAILED,
            reason=reason,
            jira_message=getattr(error, "jira_message", None),
            task=task.id,
        )
        for kind, id_, issue_id in _things(task)
    ]


def _things(task: Task) -> Iterator[tuple[EntityKind, str, str | None]]:
    """Yield kind and id of each thing, and the issue that it is or hangs on."""
    match task.kind:
        case TaskKind.PROJECT:
            yield EntityKind.PROJECT, task.project_key, None
        case TaskKind.CATALOG:
            yield EntityKind.STATUS, f"lists of {task.project_key}", None
        case TaskKind.BOARDS:
            yield EntityKind.BOARD, f"boards of {task.project_key}#from{task.spec.get('start', 0)}", None
        case TaskKind.SPRINTS:
            yield EntityKind.SPRINT, f"board {task.spec['board']}#from{task.spec['start']}", None
        case TaskKind.LIST:
            yield EntityKind.ISSUE, f"listing {task.id.rpartition('/')[2]}", None
        case TaskKind.ISSUES:
            for id_ in task.spec["ids"]:
                yield EntityKind.ISSUE, str(id_), str(id_)
        case TaskKind.ATTACHMENTS:
            for attachment in orjson.loads(task.spec["attachments"]):
                yield EntityKind.ATTACHMENT, str(attachment["id"]), str(attachment["issueId"])
        case TaskKind.HISTORY:
            for id_ in task.spec["ids"]:
                yield EntityKind.HISTORY, f"issue {id_}", str(id_)
        case TaskKind.CHANGELOG:
            yield EntityKind.HISTORY, *_from(task)
        case TaskKind.REMOTE_LINKS:
            for id_ in task.spec["ids"]:
                yield EntityKind.REMOTE_LINK, f"issue {id_}", str(id_)
        case TaskKind.WATCHERS:
            for id_, _count in task.spec["ids"]:
                yield EntityKind.WATCHERS, str(id_), str(id_)
        case TaskKind.VOTES:
            for id_, _count in task.spec["ids"]:
                yield EntityKind.VOTES, str(id_), str(id_)
        case TaskKind.COMMENTS:
            yield EntityKind.COMMENT, *_from(task)
        case TaskKind.WORKLOGS:
            yield EntityKind.WORKLOG, *_from(task)


def _from(task: Task) -> tuple[str, str]:
    issue = str(task.spec["issue"])
    return f"{issue}#from{task.spec['start']}", issue
