"""Everything that issues refer to."""

from typing import Any

import pytest

from services.loader.transform import Original, to_document
from shared.kinds import EntityKind
from shared.sink import COLLECTION_OF
from tests.unit.loader.entities import CLOUD_USER, SERVER_USER, SITE, entity

WORKSPACE = f"{SITE}:project:10000"


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        (
            EntityKind.PROJECT,
            {"id": "1", "key": "ABC", "name": "Alphabet", "lead": SERVER_USER, "projectTypeKey": "software"},
            {"jira_key": "ABC", "name": "Alphabet", "lead_id": f"{SITE}:user:JIRAUSER1"},
        ),
        (
            EntityKind.USER,
            CLOUD_USER,
            {"display_name": "Kim", "email": None, "active": True, "account_type": "atlassian"},
        ),
        (
            EntityKind.USER,
            {**SERVER_USER, "emailAddress": "kim@example.org", "timeZone": "Europe/Dublin"},
            {"username": "kim", "email": "kim@example.org", "time_zone": "Europe/Dublin"},
        ),
        (
            EntityKind.STATUS,
            {"id": "1", "name": "Done", "statusCategory": {"id": 3, "key": "done", "name": "Done"}},
            {"name": "Done", "category_key": "done"},
        ),
        (EntityKind.PRIORITY, {"id": "1", "name": "High"}, {"name": "High"}),
        (EntityKind.ISSUE_TYPE, {"id": "1", "name": "Bug", "subtask": False}, {"is_subtask": False}),
        (
            EntityKind.VERSION,
            {"id": "1", "name": "1.0", "released": True, "archived": False, "releaseDate": "2018-04-09"},
            {"workspace_id": WORKSPACE, "target_date": "2018-04-09", "is_released": True},
        ),
        (EntityKind.VERSION, {"id": "1", "projectId": 7}, {"workspace_id": f"{SITE}:project:7"}),
        (EntityKind.COMPONENT, {"id": "1", "name": "core"}, {"workspace_id": WORKSPACE, "name": "core"}),
        (EntityKind.LABEL, {"name": "red"}, {"name": "red", "workspace_id": None}),
        (
            EntityKind.LINK_TYPE,
            {"id": "1", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
            {"name": "Blocks", "forward_label": "blocks", "reverse_label": "is blocked by"},
        ),
        (
            EntityKind.LINK,
            {"id": "1", "type": {"id": "9"}, "source": {"id": "2"}, "target": {"id": "3"}},
            {
                "link_type_id": f"{SITE}:link_type:9",
                "source_id": f"{SITE}:issue:2",
                "target_id": f"{SITE}:issue:3",
            },
        ),
    ],
)
def test_documents(kind: EntityKind, payload: dict[str, Any], expected: dict[str, Any]) -> None:
    found = to_document(Original(entity(kind, "1", payload), payload))
    assert {name: found[name] for name in expected} == expected
    assert found["updated"] is None


@pytest.mark.parametrize("kind", list(EntityKind))
def test_every_kind_tolerates_an_empty_object_and_has_a_home(kind: EntityKind) -> None:
    found = to_document(Original(entity(kind, "1", {}), {}))
    assert found["_id"] == f"{SITE}:{kind.value}:1"
    assert kind in COLLECTION_OF


@pytest.mark.parametrize("kind", [EntityKind.USER, EntityKind.STATUS, EntityKind.LABEL, EntityKind.PRIORITY])
def test_what_projects_share_is_equal_from_each_of_them(kind: EntityKind) -> None:
    payload = {"name": "same"}
    one, other = (
        to_document(Original(entity(kind, "1", payload, project_key=key), payload)) for key in ("ABC", "XYZ")
    )
    assert one == other
