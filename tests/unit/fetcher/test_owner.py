"""What the parts of an issue say of it: who may read it, and which of its files they name."""

from typing import Any

import pytest

from services.fetcher.extract import attachments, explode
from services.fetcher.owner import Owner

LEVEL = {"id": "9", "name": "Staff"}
RESTRICTED = [{"type": "security_level", "id": "9", "name": "Staff"}]
FILES = [
    {"id": "1", "filename": "a.png", "created": "2020-01-01T00:00:00.000+0000", "size": 3},
    {"id": "2", "filename": 'Über "b".png', "created": None, "size": 3},
    {"filename": "no id.png"},
]


def issue(**fields: Any) -> dict[str, Any]:
    entries: dict[str, Any] = {
        "comment": {"comments": [{"id": "7", "body": fields.pop("body", "")}], "total": 1},
        "worklog": {"worklogs": [{"id": "8", "comment": "!a.png!"}], "total": 1},
    }
    return {"id": 1001, "key": "ABC-1", "fields": {**entries, "attachment": FILES, **fields}}


def parts(shape: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the payloads of the comment, the worklog and the first file."""
    found = {one.kind.value: dict(one.payload) for one in explode(shape)}
    return {"comment": found["comment"], "worklog": found["worklog"], "file": attachments(shape)[0]}


def test_a_restricted_issue_restricts_its_parts() -> None:
    for part in parts(issue(security=LEVEL)).values():
        assert part["issueId"] == "1001"
        assert part["issueRestrictions"] == RESTRICTED
    for part in parts(issue(security=None)).values():
        assert "issueRestrictions" not in part


def adf(name: str) -> dict[str, Any]:
    return {"type": "doc", "content": [{"type": "media", "attrs": {"alt": name, "id": "uuid"}}]}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("see !a.png|thumbnail!", ["1"]),
        (adf("a.png"), ["1"]),
        (adf('Über "b".png'), ["2"]),
        (adf("words of its author"), []),
        ('[^Über "b".png] and !a.png!', ["1", "2"]),
        ("nothing", None),
        (None, None),
    ],
)
def test_a_text_comes_with_the_files_that_it_names(body: Any, named: list[str] | None) -> None:
    comment = parts(issue(body=body))["comment"]
    assert [file["id"] for file in comment.get("issueAttachments", [])] == (named or [])
    assert ("issueAttachments" in comment) is (named is not None)


def test_a_worklog_comes_with_its_files_too() -> None:
    (file,) = parts(issue())["worklog"]["issueAttachments"]
    assert file == {"id": "1", "filename": "a.png", "created": "2020-01-01T00:00:00.000+0000"}


def test_what_a_follow_up_task_knows_is_the_same() -> None:
    owner = Owner.of(issue(security=LEVEL))
    again = Owner.of_text(owner.to_text())
    comment = {"id": "7", "body": "!a.png!"}
    assert again.entry(comment, comment["body"]) == owner.entry(comment, comment["body"])
    assert again.restrictions == RESTRICTED
