"""Custom fields by the type that Jira gives them, and what a sample tells of their use."""

from services.connector.analysis.fields import analyzed_fields
from services.connector.analysis.options import Options, seen
from services.connector.analysis.sample import Sample
from services.connector.schemas.projects import Suggestion, Usage
from shared.state.plans import custom_fields

PLATFORM = "com.atlassian.jira.plugin.system.customfieldtypes:"
FIELDS = custom_fields(
    [
        {"id": "summary", "custom": False, "schema": {"type": "string"}},
        {"id": "customfield_1", "name": "Punkte", "custom": True, "schema": {"custom": PLATFORM + "float"}},
        {
            "id": "customfield_2",
            "name": "Rank",
            "custom": True,
            "schema": {"custom": "com.pyxis.greenhopper.jira:gh-lexo-rank"},
        },
        {
            "id": "customfield_3",
            "custom": True,
            "schema": {"custom": "org.example:x"},
            "scope": {"type": "PROJECT", "project": {"id": "10000"}},
        },
    ]
)


def test_fields_are_told_apart_by_their_type_and_not_by_their_name() -> None:
    usage = Usage(issues=8, found=2, sampled=5, exact=False)
    suggestion = Suggestion(windshift_id=7, name="Points", reason="…")
    options = {"customfield_3": Options(["a"], ["Default"], "jira")}
    found = analyzed_fields(
        FIELDS, usage=lambda _: usage, options=options, suggestions={"customfield_1": suggestion}
    )

    assert [(one.jira_field_name, one.windshift_field_type, one.can_map) for one in found] == [
        ("Punkte", "number", True),
        ("Rank", "text", False),
        ("customfield_3", "textarea", True),
    ]
    number, rank, unknown = (one.model_dump() for one in found)
    assert "notes" not in number
    assert number["possible_types"] == ["number", "text", "textarea"]
    assert number["suggestion"] == suggestion.model_dump()
    assert rank["possible_types"] == []
    assert "order" in rank["notes"]
    assert "kept" in unknown["notes"]
    assert (unknown["options"], unknown["options_from"], unknown["contexts"]) == (["a"], "jira", ["Default"])
    assert unknown["project_id"] == "10000"
    assert "options" not in number


def test_of_a_large_project_the_use_is_an_estimate_and_says_so() -> None:
    issues = {"BIG": [{"a": 1}, {"a": 2}, {"b": 1}, {}], "SMALL": [{"a": 1}]}
    sample = Sample(issues, {"BIG": 1000, "SMALL": 1})
    usage = sample.usage(lambda fields: fields)
    assert usage("a") == Usage(issues=501, found=3, sampled=5, exact=False)
    assert usage("c") == Usage(issues=0, found=0, sampled=5, exact=False)
    complete = Sample({"SMALL": [{"a": 1}]}, {"SMALL": 1})
    assert complete.usage(lambda fields: fields)("a") == Usage(issues=1, found=1, sampled=1, exact=True)


def test_options_are_those_of_the_sample() -> None:
    low, high = {"value": "Low"}, {"value": "High", "child": {"value": "Very"}}
    values: list[object] = [low, [low, high], "text"]
    issues = {"ABC": [{"customfield_1": value} for value in values]}
    found = seen(Sample(issues, {"ABC": 3}), FIELDS)
    assert found == {"customfield_1": Options(["Low", "High - Very"], [], "sample")}
