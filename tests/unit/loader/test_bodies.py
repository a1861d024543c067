"""Mentions become users and files become attachments, in both kinds of body."""

from typing import Any

import pytest

from services.loader.transform import Original, to_document
from services.loader.transform.context import Context
from services.loader.transform.original import Name
from shared.kinds import EntityKind
from shared.mongo import Document
from shared.state.plans import ImportPlan, JiraField
from tests.unit.loader.entities import SITE, entity

CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes"
KIM = Name(SITE, EntityKind.USER, "kim")
MEDIA = Name(SITE, EntityKind.ATTACHMENT, "0000-uuid")
KNOWN = {KIM: "[@Kim](/users/u1)"}
OLDER = {"id": "7", "filename": "a b.png", "created": "2020-01-01T00:00:00.000+0000"}
NEWER = {"id": "8", "filename": "a b.png", "created": "2021-01-01T00:00:00.000+0000"}
LINK = f"![a b.png](/attachments/{SITE}:attachment:8/a%20b.png)"


def mention(user: str) -> dict[str, Any]:
    node = {"type": "mention", "attrs": {"id": user, "text": f"@{user.title()}"}}
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [node]}]}


def media(name: str) -> dict[str, Any]:
    node = {"type": "media", "attrs": {"type": "file", "id": MEDIA.text, "alt": name}}
    return {"type": "doc", "version": 1, "content": [{"type": "mediaSingle", "content": [node]}]}


def comment(body: Any, *files: dict[str, Any]) -> tuple[Document, Original]:
    payload = {"id": "1", "issueId": "2", "body": body, "issueAttachments": list(files)}
    original = Original(entity(EntityKind.COMMENT, "1", payload), payload, names=KNOWN)
    return to_document(original), original


@pytest.mark.parametrize("body", [mention("kim"), "[~kim]"])
def test_a_known_user_is_linked(body: Any) -> None:
    found, original = comment(body)
    assert found["body"] == "[@Kim](/users/u1)"
    assert not original.unknown


@pytest.mark.parametrize(("body", "text"), [(mention("lee"), "@Lee"), ("[~lee]", "@lee")])
def test_an_unknown_user_keeps_the_words_and_is_asked_for(body: Any, text: str) -> None:
    found, original = comment(body)
    assert found["body"] == text
    assert original.unknown == {Name(SITE, EntityKind.USER, "lee")}


@pytest.mark.parametrize("body", [media("a b.png"), "!a b.png|thumbnail!"])
@pytest.mark.parametrize("files", [(OLDER, NEWER), (NEWER, OLDER)])
def test_a_file_is_the_newest_attachment_of_that_name(body: Any, files: tuple[dict[str, Any], ...]) -> None:
    assert comment(body, *files)[0]["body"] == LINK


@pytest.mark.parametrize(
    ("name", "files", "asked"),
    [
        ("", (OLDER,), True),  # a card of a file has no name
        ("a picture of it", (OLDER,), True),  # its author described it in words of his own
        ("a b.png", (OLDER, NEWER), True),  # which of the two?
        ("a b.png", (NEWER,), False),
    ],
)
def test_where_the_name_does_not_tell_the_media_id_does(
    name: str, files: tuple[dict[str, Any], ...], asked: bool
) -> None:
    address = f"/attachments/{SITE}:attachment:7/a%20b.png"
    payload = {"id": "1", "issueId": "2", "body": media(name), "issueAttachments": list(files)}
    original = Original(entity(EntityKind.COMMENT, "1", payload), payload)
    to_document(original)
    assert original.unknown == ({MEDIA} if asked else set())
    original = Original(entity(EntityKind.COMMENT, "1", payload), payload, names={MEDIA: address})
    assert (address in to_document(original)["body"]) is asked


def test_of_an_issue_without_files_no_file_is_asked_for() -> None:
    for body in (media(""), media("a b.png")):
        payload = {"id": "1", "issueId": "2", "body": body}
        original = Original(entity(EntityKind.COMMENT, "1", payload), payload)
        assert "0000-uuid" in to_document(original)["source"]
        assert not original.unknown


def test_a_file_that_is_not_there_keeps_its_name() -> None:
    assert comment("!a b.png|thumbnail!")[0]["body"] == "![a b.png](a%20b.png)"
    assert comment("[^notes.txt]", OLDER)[0]["body"] == "[notes.txt](notes.txt)"


def test_an_issue_knows_its_files_and_a_worklog_those_it_names() -> None:
    fields = {"description": "!a b.png!", "environment": "[^a b.png]", "attachment": [NEWER]}
    payload: dict[str, Any] = {"id": "2", "key": "ABC-2", "fields": fields}
    found = to_document(Original(entity(EntityKind.ISSUE, "2", payload), payload))
    assert found["description"] == LINK
    assert found["environment"] == LINK.removeprefix("!")
    payload = {"id": "3", "issueId": "2", "comment": "!a b.png!", "issueAttachments": [NEWER]}
    worklog = to_document(Original(entity(EntityKind.WORKLOG, "3", payload), payload))
    assert worklog["description"] == LINK


def test_the_texts_of_custom_fields_too() -> None:
    custom = JiraField(id="customfield_1", custom=f"{CUSTOM}:textarea")
    context = Context.of(ImportPlan(site=SITE, fields=(custom,)))
    payload = {"id": "2", "fields": {"customfield_1": "[~kim]: !a b.png!", "attachment": [NEWER]}}
    found = to_document(Original(entity(EntityKind.ISSUE, "2", payload), payload, context, KNOWN))
    assert list(found["custom_fields"].values()) == [f"[@Kim](/users/u1): {LINK}"]
