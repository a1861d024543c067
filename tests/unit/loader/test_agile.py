"""Sprints, ranks and epics of issues, in the shapes of both deployments."""

from typing import Any

import pytest

from services.loader.transform import Original, to_document
from services.loader.transform.context import Context
from services.loader.transform.original import Name
from shared.field_types import EPIC_FIELD, EPIC_NAME_FIELD, FLAG_FIELD
from shared.jira.sprints import SPRINT_FIELD
from shared.kinds import EntityKind
from shared.mongo import Document
from shared.state.plans import ImportPlan, JiraField
from tests.unit.loader.entities import SITE, entity

FIELDS = {"customfield_1": SPRINT_FIELD, "customfield_2": EPIC_FIELD, "customfield_3": EPIC_NAME_FIELD}
FLAGS = (JiraField(id="customfield_4", name=FLAG_FIELD[1], custom=FLAG_FIELD[0]),)
CHOICES = (JiraField(id="customfield_5", name="Browsers", custom=FLAG_FIELD[0]),)
KNOWN = (*(JiraField(id=id_, custom=custom) for id_, custom in FIELDS.items()), *FLAGS, *CHOICES)
CONTEXT = Context.of(ImportPlan(site=SITE, fields=KNOWN))
EPIC = Name(SITE, EntityKind.ISSUE, "ABC-7")


def sprint(number: int, state: str) -> dict[str, Any]:
    return {"id": number, "name": f"S {number}", "state": state}


def old(number: int, state: str) -> str:
    inside = f"id={number},rapidViewId=5,state={state},name=S,startDate=<null>"
    return f"com.atlassian.greenhopper.service.sprint.Sprint@2f6c[{inside}]"


def original(**fields: Any) -> Original:
    payload = {"id": "1", "key": "ABC-1", "fields": fields}
    return Original(entity(EntityKind.ISSUE, "1", payload), payload, CONTEXT, {EPIC: f"{SITE}:issue:70"})


def item(**fields: Any) -> Document:
    return to_document(original(**fields))


@pytest.mark.parametrize(
    ("fields", "ids", "current"),
    [
        ({}, [], None),
        ({"customfield_1": None}, [], None),
        ({"customfield_1": [sprint(3, "closed"), sprint(1, "closed")]}, [3, 1], 1),
        ({"customfield_1": [sprint(3, "closed"), sprint(4, "active"), sprint(5, "future")]}, [3, 4, 5], 4),
        ({"customfield_1": [old(3, "CLOSED"), old(4, "ACTIVE"), old(5, "FUTURE")]}, [3, 4, 5], 4),
        ({"closedSprints": [sprint(3, "closed")], "sprint": sprint(9, "future")}, [3, 9], 9),
        ({"customfield_1": [sprint(3, "closed")], "closedSprints": [sprint(3, "closed")]}, [3], 3),
    ],
)
def test_all_sprints_in_order_and_the_one_that_counts(
    fields: dict[str, Any], ids: list[int], current: int | None
) -> None:
    found = item(**fields)
    assert found["iteration_ids"] == [f"{SITE}:sprint:{number}" for number in ids]
    assert found["iteration_id"] == (current and f"{SITE}:sprint:{current}")


@pytest.mark.parametrize(
    ("fields", "parent", "key"),
    [
        ({}, None, None),
        ({"parent": {"id": "5", "key": "ABC-5"}}, "5", "ABC-5"),
        ({"epic": {"id": 6, "key": "ABC-6"}}, "6", "ABC-6"),
        ({"customfield_2": "ABC-7"}, "70", "ABC-7"),
        ({"parent": {"id": "5", "key": "ABC-5"}, "epic": {"id": 6}, "customfield_2": "ABC-7"}, "5", "ABC-5"),
        ({"epic": "an app's own", "customfield_2": "ABC-7"}, "70", "ABC-7"),
        ({"customfield_2": "XYZ-1"}, None, "XYZ-1"),
    ],
)
def test_a_parent_in_each_of_its_encodings(
    fields: dict[str, Any], parent: str | None, key: str | None
) -> None:
    found = item(**fields)
    assert found["parent_id"] == (parent and f"{SITE}:issue:{parent}")
    assert found["parent_key"] == key


def test_an_epic_that_is_not_known_yet_is_asked_for() -> None:
    asked = original(customfield_2="XYZ-1")
    to_document(asked)
    assert asked.unknown == {Name(SITE, EntityKind.ISSUE, "XYZ-1")}


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"issuetype": {"hierarchyLevel": 2, "subtask": False}}, 2),
        ({"issuetype": {"hierarchyLevel": 0}, "customfield_3": "Epos"}, 0),
        ({"issuetype": {"subtask": True}}, -1),
        ({"issuetype": {"name": "Epos", "subtask": False}, "customfield_3": "Big"}, 1),
        ({"issuetype": {"name": "Bug", "subtask": False}}, 0),
        ({}, 0),
    ],
)
def test_levels(fields: dict[str, Any], level: int) -> None:
    assert item(**fields)["hierarchy_level"] == level


@pytest.mark.parametrize(
    ("fields", "flagged"),
    [
        ({"flagged": True}, True),
        ({"flagged": False}, False),
        ({"customfield_4": [{"id": "1", "value": "Impediment"}]}, True),
        ({"customfield_4": None}, False),
        ({"customfield_5": [{"id": "1", "value": "Firefox"}]}, False),
        ({"flagged": "an app's own"}, False),
    ],
)
def test_flags(fields: dict[str, Any], flagged: bool) -> None:
    assert item(**fields)["is_flagged"] is flagged
