"""A task that failed, in whole or in part, once more: only for what of it became dead letters."""

from collections.abc import Sequence
from typing import Any

import orjson

from shared.kinds import TaskKind
from shared.state.dead_letters import DeadLetter
from shared.state.ledger import Task


def again(task: Task, letters: Sequence[DeadLetter], *, round_: int) -> Task:
    """Return the task of a later round that does for some letters what a task was to do for them."""
    issues = {letter.issue_id for letter in letters}
    spec, ordinal = dict(task.spec), f"{task.round}.{task.ordinal}"
    match task.kind:
        case TaskKind.LIST:
            spec, ordinal = _walk(task)
        case TaskKind.ISSUES | TaskKind.REMOTE_LINKS:
            spec["ids"] = [id_ for id_ in spec["ids"] if str(id_) in issues]
        case TaskKind.HISTORY:  # from its first page on: the places of others are forgotten by Jira
            spec = {"ids": [id_ for id_ in spec["ids"] if str(id_) in issues]}
        case TaskKind.WATCHERS | TaskKind.VOTES:
            spec["ids"] = [pair for pair in spec["ids"] if str(pair[0]) in issues]
        case TaskKind.ATTACHMENTS:
            spec["attachments"] = _attachments(spec["attachments"], {letter.id for letter in letters})
    return Task(task.import_id, task.project_key, task.kind, ordinal, spec, site=task.site, round=round_)


def _walk(task: Task) -> tuple[dict[str, Any], str]:
    """Begin a walk anew: only a whole one tells which issues are not there any more.

    Several that failed over all issues are one; what was read already is not read again.
    """
    spec = {name: value for name, value in task.spec.items() if name != "place"}
    match spec.get("walk"):
        case None:
            return spec, "000000"
        case "changed":
            return spec, f"{task.round}.{task.ordinal[:-6]}000000"
        case _:  # its number tells which issues it names
            return spec, f"{task.round}.{task.ordinal}"


def _attachments(text: str, ids: set[str]) -> str:
    return orjson.dumps([one for one in orjson.loads(text) if str(one["id"]) in ids]).decode()
