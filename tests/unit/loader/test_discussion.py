"""Comments, worklogs and attachments."""

from typing import Any

import pytest

from services.loader.transform import Original, to_document
from shared.contracts.events import BlobRef
from shared.kinds import EntityKind
from shared.mongo import Document
from tests.unit.loader.entities import CLOUD_USER, SERVER_USER, SITE, adf, entity


def document(kind: EntityKind, payload: dict[str, Any]) -> Document:
    return to_document(Original(entity(kind, "77", payload, updated=1), payload))


@pytest.mark.parametrize(("body", "author"), [(adf("Hello"), CLOUD_USER), ("Hello", SERVER_USER)])
def test_comment(body: Any, author: dict[str, Any]) -> None:
    found = document(
        EntityKind.COMMENT,
        {
            "id": "77",
            "issueId": "10001",
            "author": author,
            "updateAuthor": None,
            "body": body,
            "created": "2023-03-23T07:45:29.056+0200",
            "updated": "2023-03-23T07:45:29.056+0200",
            "jsdPublic": True,
        },
    )
    assert found["_id"] == f"{SITE}:comment:77"
    assert found["item_id"] == f"{SITE}:issue:10001"
    assert found["body"] == "Hello"
    assert found["author_id"] == f"{SITE}:user:{author.get('accountId') or author['key']}"
    assert found["update_author_id"] is None
    assert found["created_at"].isoformat() == "2023-03-23T05:45:29.056000+00:00"
    assert found["is_private"] is False


def test_worklog() -> None:
    found = document(
        EntityKind.WORKLOG,
        {
            "id": "77",
            "issueId": "10001",
            "author": SERVER_USER,
            "comment": "digging",
            "started": "2023-03-23T07:45:29.056+0200",
            "timeSpent": "3h 20m",
            "timeSpentSeconds": 12000,
            "visibility": {"type": "group", "value": "staff"},
        },
    )
    assert (found["seconds"], found["description"], found["is_private"]) == (12000, "digging", True)
    assert found["started_at"].hour == 5


def test_attachment() -> None:
    payload = {"id": "77", "issueId": "1", "filename": "a.png", "size": 4, "mimeType": "image/png"}
    content = BlobRef(blob_id="b", size=4, sha256="00")
    found = to_document(Original(entity(EntityKind.ATTACHMENT, "77", payload, content=content), payload))
    assert found["blob"] == {"id": "b", "size": 4, "sha256": "00"}
    assert (found["filename"], found["size"], found["mime_type"]) == ("a.png", 4, "image/png")
    assert to_document(Original(entity(EntityKind.ATTACHMENT, "77", payload), payload))["blob"] is None


@pytest.mark.parametrize(
    ("author", "id_", "name"),
    [
        (CLOUD_USER, f"{SITE}:user:5b10:a1", None),
        ({"displayName": "Former user", "active": False}, None, "Former user"),
        (None, None, None),
    ],
)
@pytest.mark.parametrize(
    "kind", [EntityKind.COMMENT, EntityKind.WORKLOG, EntityKind.ATTACHMENT, EntityKind.HISTORY]
)
def test_who_has_no_account_keeps_the_name(kind: EntityKind, author: Any, id_: Any, name: Any) -> None:
    found = document(kind, {"issueId": "1", "author": author})
    assert (found["author_id"], found["author_name"]) == (id_, name)


@pytest.mark.parametrize("kind", [EntityKind.COMMENT, EntityKind.WORKLOG])
def test_who_edited_and_has_left_keeps_the_name(kind: EntityKind) -> None:
    found = document(kind, {"author": CLOUD_USER, "updateAuthor": {"displayName": "Former user"}})
    assert (found["update_author_id"], found["update_author_name"]) == (None, "Former user")
