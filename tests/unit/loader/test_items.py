"""Issues of both deployments become items."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.loader.transform import InvalidPayloadError, Original, to_document
from shared.kinds import EntityKind
from shared.state.findings import FindingCode
from tests.unit.loader.entities import CLOUD_ISSUE, SERVER_ISSUE, SITE, entity


def item(payload: dict[str, Any]) -> dict[str, Any]:
    return to_document(Original(entity(EntityKind.ISSUE, payload["id"], payload, updated=5), payload))


def test_cloud_issue() -> None:
    found = item(CLOUD_ISSUE)
    assert found["_id"] == f"{SITE}:issue:10001"
    assert (found["jira_id"], found["jira_key"], found["title"]) == ("10001", "ABC-1", "The summary")
    assert "Some words" in found["description"]
    assert found["workspace_id"] == f"{SITE}:project:10000"
    assert found["item_type_id"] == f"{SITE}:issue_type:1"
    assert found["status_id"] == f"{SITE}:status:3"
    assert found["priority_id"] is None
    assert found["assignee_id"] == found["reporter_id"] == f"{SITE}:user:5b10:a1"
    assert found["creator_id"] is None
    assert found["parent_id"] == f"{SITE}:issue:10000"
    assert found["milestone_ids"] == [f"{SITE}:version:7"]
    assert found["component_ids"] == [f"{SITE}:component:8"]
    assert found["label_ids"] == [f"{SITE}:label:red", f"{SITE}:label:blue"]
    assert found["labels"] == ["red", "blue"]
    assert found["resolution"] == "Fixed"
    assert found["created_at"] == datetime(2015, 12, 2, 15, 39, 15, tzinfo=UTC)
    assert found["due_date"] == "2016-01-15"
    assert found["original_estimate_seconds"] == 3600
    assert found["remaining_estimate_seconds"] == 1800
    assert found["spent_seconds"] == 60
    assert (found["votes"], found["watches"]) == (2, 3)
    assert found["custom_fields"] == {f"{SITE}:field:customfield_10099": "of an app"}
    assert not found["is_private"]


def test_data_center_issue() -> None:
    found = item(SERVER_ISSUE)
    assert found["assignee_id"] == f"{SITE}:user:JIRAUSER1"
    assert found["parent_id"] == f"{SITE}:issue:154699"
    assert found["environment"] == "Windows"
    assert found["iteration_ids"] == [f"{SITE}:sprint:1007"]
    assert found["custom_fields"] == {}


@pytest.mark.parametrize("role", ["assignee", "reporter", "creator"])
@pytest.mark.parametrize("account", [{}, {"accountId": "unknown"}])
def test_who_has_left_keeps_the_name(role: str, account: dict[str, str]) -> None:
    gone = {"displayName": "Former user", "active": False, **account}
    found = item({"id": "1", "key": "A-1", "fields": {role: gone}})
    assert (found[f"{role}_id"], found[f"{role}_name"]) == (None, "Former user")
    assert item(CLOUD_ISSUE)[f"{role}_name"] is None


def test_a_sub_task_belongs_to_its_parent_and_not_to_the_epic() -> None:
    fields = {"parent": {"id": "5"}, "epic": {"id": 6}}
    assert item({"id": "1", "key": "A-1", "fields": fields})["parent_id"] == f"{SITE}:issue:5"


@pytest.mark.parametrize("fields", [{}, {"summary": None, "assignee": None, "labels": None, "votes": None}])
def test_what_is_missing_is_tolerated(fields: dict[str, Any]) -> None:
    found = item({"id": "1", "key": "A-1", "fields": fields})
    assert found["title"] == "A-1"
    assert found["workspace_id"] == f"{SITE}:project:10000"
    assert found["labels"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("summary", ["a list"]),
        ("summary", 7),
        ("labels", "red"),
        ("labels", [1]),
        ("status", "Done"),
        ("fixVersions", [None]),
        ("components", {"id": "1"}),
        ("created", "yesterday"),
        ("created", 1449070755),
        ("assignee", "kim"),
        ("timespent", "1h"),
        ("timespent", True),
        ("description", 5),
        ("project", {"id": 1.5}),
    ],
)
def test_a_wrong_type_is_named(name: str, value: object) -> None:
    with pytest.raises(InvalidPayloadError, match=name) as raised:
        item({"id": "1", "key": "A-1", "fields": {name: value}})
    assert str(value) not in str(raised.value) or isinstance(value, bool | int)


def test_names_with_dots_dollars_and_nul_in_texts_survive_in_the_source() -> None:
    fields = {"summary": "a\0b", "customfield_1": {"$ref": "x", "a.b": 1}}
    found = item({"id": "1", "key": "A-1", "fields": fields})
    assert found["custom_fields"] == {f"{SITE}:field:customfield_1": "$ref: x, a.b: 1"}
    assert '"$ref":"x"' in found["source"]
    assert found["title"] == "a\0b"


@pytest.mark.parametrize(("day", "is_one"), [("2024-01-15", True), ("2024-13-45", False), ("soon", False)])
def test_a_due_date_that_is_no_day_is_noted(day: str, is_one: bool) -> None:
    issue = {**CLOUD_ISSUE, "fields": {**CLOUD_ISSUE["fields"], "duedate": day}}
    original = Original(entity(EntityKind.ISSUE, "1", issue), issue)
    assert to_document(original)["due_date"] == (day if is_one else None)
    noted = [note for note in original.notes if note.detail.startswith("duedate")]
    assert [note.code for note in noted] == ([] if is_one else [FindingCode.VALUE_KEPT_RAW])
