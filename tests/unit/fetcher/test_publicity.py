"""Internal comments of service projects stay internal, wherever Jira says so and where it does not."""

from typing import Any

import pytest

from services.fetcher.extract import explode, incomplete
from services.fetcher.publicity import told
from shared.jira.restrictions import of_entry
from shared.kinds import EntityKind


def issue(kind: str, *comments: dict[str, Any]) -> dict[str, Any]:
    page = {"comments": list(comments), "total": len(comments), "maxResults": len(comments), "startAt": 0}
    return {"id": "1", "key": "A-1", "fields": {"project": {"projectTypeKey": kind}, "comment": page}}


def internal(value: Any) -> list[dict[str, Any]]:
    return [{"key": "other", "value": {}}, {"key": "sd.public.comment", "value": value}]


@pytest.mark.parametrize(
    ("shape", "read_apart"),
    [
        (issue("service_desk", {"id": "7"}), True),
        (issue("service_desk", {"id": "7", "jsdPublic": True}), False),
        (issue("service_desk"), False),
        (issue("software", {"id": "7"}), False),
    ],
)
def test_comments_that_do_not_say_who_reads_them_are_not_taken(shape: Any, read_apart: bool) -> None:
    assert incomplete(shape["fields"], "comment") is read_apart
    comments = [found for found in explode(shape) if found.kind is EntityKind.COMMENT]
    assert len(comments) == (0 if read_apart else len(shape["fields"]["comment"]["comments"]))


@pytest.mark.parametrize(
    ("members", "public"),
    [
        ({"properties": []}, True),
        ({"properties": internal({"internal": False})}, True),
        ({"properties": internal({"internal": True})}, False),
        ({"properties": internal({"internal": "false"})}, False),  # not understood: not public
        ({"properties": internal(None)}, False),
        ({}, False),  # Jira did not say
        ({"jsdPublic": True}, True),
        ({"jsdPublic": False, "properties": []}, False),
    ],
)
def test_what_is_not_surely_public_is_restricted(members: dict[str, Any], public: bool) -> None:
    comment = told({"id": "7", **members})
    assert comment["jsdPublic"] is public
    assert of_entry(comment) == ([] if public else [{"type": "internal", "id": None, "name": None}])
