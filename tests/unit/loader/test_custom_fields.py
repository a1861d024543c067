"""Custom fields by their type in Jira, in the shapes of both deployments."""

from typing import Any

import pytest

from services.loader.transform import Note, Original, to_document
from services.loader.transform.context import Context
from shared.field_types import FieldType
from shared.kinds import EntityKind
from shared.mongo import Document
from shared.state.findings import FindingCode
from shared.state.plans import FieldChoice, ImportPlan, JiraField
from tests.unit.loader.entities import CLOUD_USER, SERVER_USER, SITE, adf, entity

PLATFORM = "com.atlassian.jira.plugin.system.customfieldtypes:"
SOFTWARE = "com.pyxis.greenhopper.jira:"
SERVICE = "com.atlassian.servicedesk:"
ID = "customfield_1"
KEY = f"{SITE}:field:{ID}"
OPTION = {"self": "x", "id": "1", "value": "Low"}
OLD_SPRINT = "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=37,state=CLOSED,name=S, 4]"


def transformed(
    custom: str, value: Any, choice: FieldChoice | None = None, **more: Any
) -> tuple[Document, list[Note]]:
    fields = (JiraField(id=ID, name="Field", custom=custom),)
    plan = ImportPlan(site=SITE, fields=fields, choices={ID: choice} if choice else {})
    payload = {"id": "1", "key": "ABC-1", "fields": {ID: value, **more}}
    original = Original(entity(EntityKind.ISSUE, "1", payload), payload, Context.of(plan))
    return to_document(original), original.notes


def typed(custom: str, value: Any, choice: FieldChoice | None = None) -> Any:
    document, notes = transformed(custom, value, choice)
    assert not notes
    assert set(document["custom_fields"]) <= {KEY, "ws-7"}
    return next(iter(document["custom_fields"].values()), None)


@pytest.mark.parametrize(
    ("custom", "value", "expected"),
    [
        (f"{PLATFORM}textfield", "as it *is*", "as it *is*"),
        (f"{PLATFORM}readonlyfield", "written by an app", "written by an app"),
        (f"{PLATFORM}url", "https://example.org/?a=b", "https://example.org/?a=b"),
        (f"{PLATFORM}textarea", adf("Words"), "Words"),
        (f"{PLATFORM}textarea", "some *bold* words", "some **bold** words"),
        (f"{PLATFORM}float", 5.0, 5.0),
        (f"{PLATFORM}float", 0, 0),
        (f"{SOFTWARE}jsw-story-points", 13, 13),
        (f"{PLATFORM}datepicker", "2024-02-29", "2024-02-29"),
        (f"{PLATFORM}datetime", "2015-12-02T23:39:15.000-0800", "2015-12-02"),
        (f"{PLATFORM}select", OPTION, "Low"),
        (f"{PLATFORM}radiobuttons", OPTION, "Low"),
        (f"{PLATFORM}multiselect", [OPTION, {"value": "High"}], ["Low", "High"]),
        (f"{PLATFORM}multicheckboxes", [OPTION, OPTION], ["Low"]),
        (f"{PLATFORM}cascadingselect", {**OPTION, "child": {"id": "2", "value": "Very"}}, "Low - Very"),
        (f"{PLATFORM}cascadingselect", OPTION, "Low"),
        (f"{PLATFORM}userpicker", CLOUD_USER, f"{SITE}:user:5b10:a1"),
        (f"{PLATFORM}userpicker", SERVER_USER, f"{SITE}:user:JIRAUSER1"),
        (f"{PLATFORM}multiuserpicker", [CLOUD_USER, {"name": "lee"}], "Kim, lee"),
        (f"{PLATFORM}people", [CLOUD_USER], "Kim"),
        (f"{PLATFORM}grouppicker", {"name": "staff", "groupId": "g"}, "staff"),
        (f"{PLATFORM}multigrouppicker", [{"name": "staff"}, {"name": "guests"}], ["staff", "guests"]),
        (f"{PLATFORM}version", {"id": "7", "name": "1.0"}, f"{SITE}:version:7"),
        (f"{PLATFORM}multiversion", [{"id": "7", "name": "1.0"}, {"id": "8", "name": "2"}], ["1.0", "2"]),
        (f"{PLATFORM}project", {"id": "1", "key": "OPS", "name": "Operations"}, "Operations (OPS)"),
        (f"{PLATFORM}labels", ["red", "blue"], ["red", "blue"]),
        (f"{PLATFORM}atlassian-team", {"id": "36885", "name": "Reds"}, "Reds"),
        (f"{SERVICE}sd-customer-organizations", [{"id": "1", "name": "A"}, {"id": "2", "name": "B"}], "A, B"),
        (f"{SERVICE}vp-origin", {"requestType": {"id": "1", "name": "Get help"}, "_links": {}}, "Get help"),
        (f"{SERVICE}vp-origin", "ops/1b7a", "ops/1b7a"),
        (f"{SOFTWARE}gh-epic-label", "Big thing", "Big thing"),
        (f"{SOFTWARE}gh-epic-status", OPTION, "Low"),
        ("org.example:app-field", {"level": 2, "notes": ["a", {"name": "b"}]}, "level: 2, notes: a, b"),
        ("org.example:app-field", [1, None, True, 1.5], "1, null, true, 1.5"),
        ("org.example:app-field", {"type": "doc", "content": adf("Words")["content"]}, "Words"),
        ("", "made by nobody knows what", "made by nobody knows what"),
    ],
)
def test_a_value_becomes_what_its_type_says(custom: str, value: Any, expected: Any) -> None:
    found = typed(custom, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("custom", "value", "type_", "expected"),
    [
        ("datetime", "2015-12-02T23:39:15.123-0800", None, "2015-12-02T23:39:15.123000-08:00"),
        ("datetime", "2015-12-02T23:39:15.000-0800", FieldType.TEXT, None),
        (
            "multiuserpicker",
            [CLOUD_USER, {"displayName": "Lee"}, SERVER_USER],
            None,
            ["user:5b10:a1", "user:JIRAUSER1"],
        ),
        ("userpicker", CLOUD_USER, None, None),
        ("userpicker", CLOUD_USER, FieldType.TEXT, ["user:5b10:a1"]),
        ("multiversion", [{"id": "7", "name": "1.0"}, {"name": "2"}], None, ["version:7"]),
        ("version", {"id": "7", "name": "1.0"}, None, None),
        ("project", {"id": "1", "key": "OPS", "name": "Operations"}, None, ["project:1"]),
        ("textfield", "words", None, None),
    ],
)
def test_what_a_field_has_no_room_for_stands_beside_it(
    custom: str, value: Any, type_: FieldType | None, expected: Any
) -> None:
    document, notes = transformed(f"{PLATFORM}{custom}", value, FieldChoice(type=type_) if type_ else None)
    expected = [f"{SITE}:{one}" for one in expected] if isinstance(expected, list) else expected
    assert document["custom_fields_exact"] == ({KEY: expected} if expected else {})
    assert KEY in document["custom_fields"]
    assert not notes


def test_it_names_what_stands_for_a_version_that_is_mapped() -> None:
    versions = [{"id": "7", "name": "1.0"}, {"id": "8", "name": "2"}, {"id": "9", "name": "3"}]
    fields = (JiraField(id=ID, name="Field", custom=f"{PLATFORM}multiversion"),)
    targets = {f"{SITE}:version:7": "ms-1", f"{SITE}:version:8": None}
    payload = {"id": "1", "fields": {ID: versions}}
    context = Context.of(ImportPlan(site=SITE, fields=fields, targets=targets))
    document = to_document(Original(entity(EntityKind.ISSUE, "1", payload), payload, context))
    assert document["custom_fields_exact"] == {KEY: ["ms-1", f"{SITE}:version:9"]}


@pytest.mark.parametrize("value", [None, "", []])
@pytest.mark.parametrize("custom", [f"{PLATFORM}float", f"{PLATFORM}labels", "org.example:app-field"])
def test_an_empty_value_is_no_value(custom: str, value: Any) -> None:
    assert typed(custom, value) is None


@pytest.mark.parametrize(
    ("custom", "value", "type_", "expected"),
    [
        (f"{PLATFORM}float", 5.0, FieldType.TEXT, "5"),
        (f"{PLATFORM}float", 0.5, FieldType.TEXT, "0.5"),
        (f"{PLATFORM}datepicker", "2024-02-29", FieldType.TEXT, "2024-02-29"),
        (f"{PLATFORM}datetime", "2015-12-02T23:39:15.000-0800", FieldType.TEXT, "2015-12-02 23:39:15-08:00"),
        (f"{PLATFORM}multiselect", [OPTION, {"value": "High"}], FieldType.TEXTAREA, "Low, High"),
        (f"{PLATFORM}select", OPTION, FieldType.MULTISELECT, ["Low"]),
        (f"{PLATFORM}userpicker", CLOUD_USER, FieldType.TEXT, "Kim"),
        (f"{PLATFORM}multiuserpicker", [CLOUD_USER], FieldType.USER, f"{SITE}:user:5b10:a1"),
        (f"{PLATFORM}multiversion", [{"id": 7, "name": "1.0"}], FieldType.MILESTONE, f"{SITE}:version:7"),
        (f"{PLATFORM}grouppicker", {"name": "staff"}, FieldType.SELECT, "staff"),
    ],
)
@pytest.mark.parametrize("action", ["create", "map"])
def test_a_chosen_type_is_honoured(
    custom: str, value: Any, type_: FieldType, expected: Any, action: Any
) -> None:
    choice = FieldChoice(action=action, type=type_, target="ws-7" if action == "map" else None)
    document, _ = transformed(custom, value, choice)
    assert document["custom_fields"] == {"ws-7" if action == "map" else KEY: expected}


@pytest.mark.parametrize(
    ("custom", "value", "type_"),
    [
        (f"{PLATFORM}float", "five", FieldType.NUMBER),
        (f"{PLATFORM}float", True, FieldType.NUMBER),
        (f"{PLATFORM}float", 2**63, FieldType.NUMBER),
        (f"{PLATFORM}datepicker", "soon", FieldType.DATE),
        (f"{PLATFORM}datepicker", "soon", FieldType.TEXT),
        (f"{PLATFORM}datetime", 1449070755, FieldType.DATE),
        (f"{PLATFORM}textfield", {"a": 1}, FieldType.TEXT),
        (f"{PLATFORM}textarea", 5, FieldType.TEXTAREA),
        (f"{PLATFORM}select", {"id": "1"}, FieldType.SELECT),
        (f"{PLATFORM}select", [OPTION, OPTION], FieldType.SELECT),
        (f"{PLATFORM}labels", [1], FieldType.MULTISELECT),
        (f"{PLATFORM}userpicker", {"displayName": "Kim"}, FieldType.USER),
        (f"{PLATFORM}multiuserpicker", [CLOUD_USER, SERVER_USER], FieldType.USER),
        (f"{PLATFORM}version", {"name": "1.0"}, FieldType.MILESTONE),
        (f"{PLATFORM}project", 5, FieldType.TEXT),
    ],
)
def test_what_does_not_fit_is_named_and_kept_in_the_source(custom: str, value: Any, type_: FieldType) -> None:
    document, notes = transformed(custom, value, FieldChoice(type=type_), summary="Loaded all the same")
    assert document["custom_fields"] == {}
    (note,) = notes
    assert note.code is FindingCode.VALUE_KEPT_RAW
    assert note.detail.startswith(f"{ID} (Field): ")
    assert note.detail.endswith(f"of the type {type_}")
    assert ID in document["source"]
    assert document["title"] == "Loaded all the same"


def test_an_existing_choice_takes_only_what_it_offers() -> None:
    choice = FieldChoice(action="map", type=FieldType.MULTISELECT, target="ws-7", options=("Low", "High"))
    assert typed(f"{PLATFORM}multiselect", [OPTION], choice) == ["Low"]
    document, notes = transformed(f"{PLATFORM}multiselect", [OPTION, {"value": "Medium"}], choice)
    assert document["custom_fields"] == {}
    assert [note.code for note in notes] == [FindingCode.VALUE_KEPT_RAW]


def test_what_is_skipped_stays_in_the_source_alone() -> None:
    document, notes = transformed(f"{PLATFORM}float", 5, FieldChoice(action="skip", type=FieldType.NUMBER))
    assert document["custom_fields"] == {}
    assert not notes
    assert f'"{ID}":5' in document["source"]


@pytest.mark.parametrize(
    ("custom", "value", "expected"),
    [
        (f"{SOFTWARE}gh-sprint", [{"id": 37, "name": "S 4", "state": "active"}], {"iteration_ids": ["37"]}),
        (f"{SOFTWARE}gh-sprint", [OLD_SPRINT, OLD_SPRINT], {"iteration_ids": ["37"]}),
        (f"{SOFTWARE}gh-lexo-rank", "0|i0000f:", {"rank": "0|i0000f:"}),
        (f"{SOFTWARE}gh-epic-link", "ABC-7", {"parent_key": "ABC-7"}),
    ],
)
def test_agile_fields_have_places_of_their_own(custom: str, value: Any, expected: dict[str, Any]) -> None:
    document, notes = transformed(custom, value)
    ids = [id_.removeprefix(f"{SITE}:sprint:") for id_ in document["iteration_ids"]]
    found = {"iteration_ids": ids, "rank": document["rank"], "parent_key": document["parent_key"]}
    assert found == {"iteration_ids": [], "rank": None, "parent_key": None} | expected
    assert document["custom_fields"] == {}
    assert not notes


def test_fields_of_one_name_stay_apart() -> None:
    fields = tuple(
        JiraField(id=f"customfield_{number}", name="Severity", custom=f"{PLATFORM}{kind}")
        for number, kind in enumerate(("select", "textfield"))
    )
    payload = {"id": "1", "fields": {"customfield_0": OPTION, "customfield_1": "high"}}
    context = Context.of(ImportPlan(site=SITE, fields=fields))
    document = to_document(Original(entity(EntityKind.ISSUE, "1", payload), payload, context))
    keys = [f"{SITE}:field:customfield_{number}" for number in range(2)]
    assert document["custom_fields"] == dict(zip(keys, ("Low", "high"), strict=True))
