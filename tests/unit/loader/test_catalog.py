"""Everything that issues refer to."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.loader.transform import Original, to_document
from shared.kinds import EntityKind
from shared.sink import COLLECTION_OF
from shared.state.findings import FindingCode
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
            {"id": "1", "statusCategory": {"id": 3, "key": "done", "name": "Done", "colorName": "green"}},
            {"category_key": "done", "category_name": "Done", "category_color": "green"},
        ),
        (EntityKind.STATUS, {"id": "1", "statusCategory": {"key": "new"}}, {"is_completed": False}),
        (EntityKind.PRIORITY, {"id": "9", "name": "High", "rank": 1}, {"name": "High", "sort_order": 1}),
        (EntityKind.PRIORITY, {"id": "9", "name": "High"}, {"sort_order": None}),
        (
            EntityKind.ISSUE_TYPE,
            {"id": "1", "name": "Bug", "subtask": False},
            {"is_subtask": False, "hierarchy_level": 0},
        ),
        (EntityKind.ISSUE_TYPE, {"id": "1", "name": "Tema", "hierarchyLevel": 2}, {"hierarchy_level": 2}),
        (EntityKind.ISSUE_TYPE, {"id": "1", "name": "Pod", "subtask": True}, {"hierarchy_level": -1}),
        (EntityKind.ISSUE_TYPE, {"id": "1", "name": "Epic", "subtask": False}, {"hierarchy_level": 1}),
        (
            EntityKind.ISSUE_TYPE,
            {"id": "1", "name": "Epos", "iconUrl": "https://j.example.org/images/icons/issuetypes/epic.svg"},
            {"hierarchy_level": 1},
        ),
        (
            EntityKind.PROJECT,
            {"id": "1", "key": "NEW", "projectKeys": ["NEW", "OLD"]},
            {"jira_key": "NEW", "former_keys": ["OLD"]},
        ),
        (
            EntityKind.PROJECT,
            {"style": "next-gen", "projectCategory": {"id": "1", "name": "Internal"}, "description": "Ours"},
            {"category": "Internal", "is_team_managed": True, "description": "Ours"},
        ),
        (EntityKind.RESOLUTION, {"id": "1", "name": "Fixed"}, {"name": "Fixed"}),
        (EntityKind.SECURITY_LEVEL, {"id": "1", "name": "Staff"}, {"name": "Staff"}),
        (
            EntityKind.SPRINT,
            {"id": 1, "name": "S 1", "state": "ACTIVE", "startDate": "2025-03-12T01:36:46.600Z",
             "endDate": "2025-03-26T01:36:46.600Z", "goal": "Be done", "originBoardId": 5},
            {"name": "S 1", "state": "active", "status": "active", "goal": "Be done", "completed_at": None,
             "start_date": datetime(2025, 3, 12, 1, 36, 46, 600_000, UTC), "board_id": f"{SITE}:board:5"},
        ),
        (EntityKind.SPRINT, {"state": "future"}, {"status": "planned", "start_date": None}),
        (EntityKind.SPRINT, {"state": "CLOSED"}, {"status": "completed"}),
        (EntityKind.SPRINT, {"state": "on fire"}, {"state": "on fire", "status": None}),
        (
            EntityKind.BOARD,
            {"id": 5, "name": "Ours", "type": "scrum", "location": {"projectId": 10000}},
            {"name": "Ours", "type": "scrum", "workspace_id": WORKSPACE},
        ),
        (
            EntityKind.HISTORY,
            {
                "issueId": "2",
                "author": SERVER_USER,
                "created": "2023-03-23T07:45:29.056+0200",
                "items": [
                    {"field": "Sprint", "fieldId": "customfield_10020", "fieldtype": "custom",
                     "from": "76, 79", "fromString": "S 1, S 4", "to": None, "toString": ""},
                ],
            },
            {
                "item_id": f"{SITE}:issue:2",
                "author_id": f"{SITE}:user:JIRAUSER1",
                "created_at": datetime(2023, 3, 23, 5, 45, 29, 56_000, UTC),
                "changes": [
                    {"field": "Sprint", "field_id": "customfield_10020", "field_type": "custom",
                     "from": "76, 79", "from_text": "S 1, S 4", "to": None, "to_text": ""},
                ],
            },
        ),
        (
            EntityKind.REMOTE_LINK,
            {
                "id": 10000,
                "issueId": "2",
                "globalId": "system=x&id=1",
                "application": {"type": "com.example", "name": "Example"},
                "relationship": "causes",
                "object": {"url": "https://x.test/1", "title": "T 1", "status": {"resolved": True}},
            },
            {"item_id": f"{SITE}:issue:2", "url": "https://x.test/1", "title": "T 1",
             "relationship": "causes", "application": "Example", "is_resolved": True},
        ),
        (
            EntityKind.WATCHERS,
            {"issueId": "2", "watchCount": 2, "watchers": [SERVER_USER, {"displayName": "Former user"}]},
            {"item_id": f"{SITE}:issue:2", "count": 2, "user_ids": [f"{SITE}:user:JIRAUSER1"]},
        ),
        (
            EntityKind.VOTES,
            {"issueId": "2", "votes": 3, "voters": []},
            {"item_id": f"{SITE}:issue:2", "count": 3, "user_ids": []},
        ),
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
)  # fmt: skip
def test_documents(kind: EntityKind, payload: dict[str, Any], expected: dict[str, Any]) -> None:
    found = to_document(Original(entity(kind, "1", payload), payload))
    assert {name: found[name] for name in expected} == expected
    assert found["updated"] is None


@pytest.mark.parametrize(
    ("kind", "payload", "told"),
    [
        (EntityKind.WATCHERS, {"watchCount": 1, "watchers": [CLOUD_USER]}, []),
        (EntityKind.WATCHERS, {"watchCount": 3, "watchers": [CLOUD_USER]}, ["2 of 3 watchers"]),
        (EntityKind.WATCHERS, {"watchCount": 1, "watchers": [{"displayName": "?"}]}, ["1 of 1 watchers"]),
        (EntityKind.VOTES, {"votes": 2, "voters": []}, ["2 of 2 voters"]),
        (EntityKind.VOTES, {"votes": 0}, []),
    ],
)
def test_names_that_jira_hides_are_told(kind: EntityKind, payload: dict[str, Any], told: list[str]) -> None:
    original = Original(entity(kind, "1", payload), payload)
    to_document(original)
    assert original.notes == [(FindingCode.NAMES_HIDDEN, one) for one in told]


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
