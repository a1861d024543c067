"""Who is meant by a name."""

from typing import Any, cast

from services.loader.directory import Directory
from services.loader.transform import Original, to_document
from services.loader.transform.original import Name
from shared.contracts.events import BlobRef
from shared.kinds import EntityKind
from shared.mongo import Database
from tests.unit.loader.entities import SITE, entity


def names_of(*users: dict[str, Any]) -> dict[str, str]:
    directory = Directory(cast(Database, None))  # learning asks nobody
    for user in users:
        id_ = user.get("accountId") or user["key"]
        directory.learn(to_document(Original(entity(EntityKind.USER, id_, user), user)))
    assert {(name.site, name.kind) for name in directory.names} == {(SITE, EntityKind.USER)}
    return {name.text: link for name, link in directory.names.items()}


def test_cloud_goes_by_account_and_data_center_by_login() -> None:
    cloud = {"accountId": "5b10:a1", "displayName": "Kim [x]"}
    assert names_of(cloud) == {"5b10:a1": rf"[@Kim \[x\]](/users/{SITE}:user:5b10:a1)"}
    server = {"key": "JIRAUSER1", "name": "kim", "displayName": "Kim"}
    assert names_of(server) == {"kim": f"[@Kim](/users/{SITE}:user:JIRAUSER1)"}


def test_a_login_is_of_who_has_it_now_in_whatever_order_they_come() -> None:
    renamed = {"key": "kim", "name": "kimberly", "displayName": "Kimberly"}
    newcomer = {"key": "kim2", "name": "kim", "displayName": "Kim"}
    found = names_of(renamed, newcomer)
    assert found == names_of(newcomer, renamed)
    assert found["kim"].endswith(":user:kim2)")
    assert found["kimberly"].endswith(":user:kim)")


def test_a_file_is_called_by_its_media_id() -> None:
    directory = Directory(cast(Database, None))
    for media_id in ("m-1", None):
        content = BlobRef(blob_id="b", size=1, sha256="00", media_id=media_id)
        payload = {"id": "7", "filename": "a b.png"}
        original = Original(entity(EntityKind.ATTACHMENT, "7", payload, content=content), payload)
        directory.learn(to_document(original))
    known = {Name(SITE, EntityKind.ATTACHMENT, "m-1"): f"/attachments/{SITE}:attachment:7/a%20b.png"}
    assert directory.names == known


def test_who_has_no_name_is_shown_by_what_there_is() -> None:
    assert names_of({"key": "k1", "name": "kim"})["kim"].startswith("[@kim]")
