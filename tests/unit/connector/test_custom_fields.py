"""Custom fields by the type that Jira gives them."""

from services.connector.custom_fields import analyzed_fields

PLATFORM = "com.atlassian.jira.plugin.system.customfieldtypes:"


def test_fields_are_told_apart_by_their_type_and_not_by_their_name() -> None:
    found = analyzed_fields(
        [
            {"id": "summary", "custom": False, "schema": {"type": "string"}},
            {
                "id": "customfield_1",
                "name": "Punkte",
                "custom": True,
                "schema": {"custom": PLATFORM + "float"},
            },
            {"id": "customfield_2", "name": "Rank", "custom": True, "schema": {"custom": "x:gh-lexo-rank"}},
            {"id": "customfield_3", "custom": True},
        ]
    )

    assert [(one.jira_field_name, one.windshift_field_type, one.can_map) for one in found] == [
        ("Punkte", "number", True),
        ("Rank", "text", False),
        ("customfield_3", "text", False),
    ]
    assert "notes" not in found[0].model_dump()
    assert "kept" in found[1].model_dump()["notes"]
