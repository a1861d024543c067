"""What of a failed task is done again: only what became dead letters of it."""

from typing import Any

import orjson
import pytest

from services.connector.again import again
from shared.kinds import TaskKind
from shared.state.dead_letters import DeadLetter
from shared.state.ledger import Task, TaskState

FILES = [{"id": "31", "issueId": "1"}, {"id": "32", "issueId": "2"}]


def letter(issue: str | None, id_: str = "x") -> DeadLetter:
    return DeadLetter(
        import_id="i", project_key="ABC", kind="issue", id=id_, issue_id=issue,
        stage="fetch", code="c", reason="r",
    )  # fmt: skip


def redone(kind: TaskKind, spec: dict[str, Any], *letters: DeadLetter, **task: Any) -> Task:
    given = {"ordinal": "000007", "round": 1, "site": "s", "state": TaskState.FAILED, "losses": 3, **task}
    return again(Task("i", "ABC", kind, spec=spec, **given), letters, round_=4)


@pytest.mark.parametrize(
    ("kind", "spec", "left"),
    [
        (TaskKind.ISSUES, {"ids": ["1", "2", "3"], "elsewhere": ["9"]}, {"ids": ["2"], "elsewhere": ["9"]}),
        (TaskKind.HISTORY, {"ids": ["1", "2"], "token": "t", "last": "5", "empty": 2}, {"ids": ["2"]}),
        (TaskKind.REMOTE_LINKS, {"ids": ["2", "3"]}, {"ids": ["2"]}),
        (TaskKind.WATCHERS, {"ids": [["1", 7], ["2", 8]]}, {"ids": [["2", 8]]}),
        (TaskKind.VOTES, {"ids": [["2", 8]]}, {"ids": [["2", 8]]}),
        (TaskKind.COMMENTS, {"issue": "2", "start": 1000}, {"issue": "2", "start": 1000}),
        (TaskKind.CATALOG, {}, {}),
    ],
)
def test_a_task_is_narrowed_to_its_letters(
    kind: TaskKind, spec: dict[str, Any], left: dict[str, Any]
) -> None:
    task = redone(kind, spec, letter("2"))
    assert task.spec == left
    assert task.id == f"i/ABC/{kind}/4-1.000007"
    assert (task.state, task.losses, task.site) == (TaskState.PENDING, 0, "s")


def test_a_file_that_was_not_read_is_read_without_the_others() -> None:
    spec = {"attachments": orjson.dumps(FILES).decode(), "root": "000001"}
    task = redone(TaskKind.ATTACHMENTS, spec, letter("2", "32"))
    assert orjson.loads(task.spec["attachments"]) == [FILES[1]]
    assert task.spec["root"] == "000001"


@pytest.mark.parametrize(
    ("spec", "ordinal", "id_", "left"),
    [
        ({}, "000004", "4-000000", {}),
        ({"place": {"token": "t"}}, "000004", "4-000000", {}),
        ({"walk": "changed", "since": "2026", "place": {}}, "changed000004", "4-1.changed000000", None),
        ({"walk": "again", "ids": ["1"]}, "again000004", "4-1.again000004", None),
    ],
)
def test_a_walk_begins_anew(
    spec: dict[str, Any], ordinal: str, id_: str, left: dict[str, Any] | None
) -> None:
    task = redone(TaskKind.LIST, spec, letter(None), ordinal=ordinal)
    assert task.id == f"i/ABC/list/{id_}"
    assert task.spec == ({name: spec[name] for name in spec if name != "place"} if left is None else left)


def test_a_retry_that_failed_is_retried_under_another_name() -> None:
    first = redone(TaskKind.ISSUES, {"ids": ["2"]}, letter("2"))
    assert again(first, [letter("2")], round_=6).id == "i/ABC/issues/6-4.1.000007"
