"""What the demo sends to `start`: the same as Windshift's wizard when nothing is changed in it."""

from typing import Any

from deploy.embedded.wizard import mappings_for

STATUS = {"category_id": 2, "category_name": "To Do", "category_key": "new", "color": "#6B7280"}
TYPE = {"description": "", "subtask": False, "hierarchy_level": 0, "usage_count": 0}
ANALYSIS: dict[str, Any] = {
    "projects": [{"key": "ENG", "name": "Eng", "issue_count": 60, "issue_types": ["Task"]}],
    "issue_types": [{"id": "1", "name": "Task", **TYPE}],
    "statuses": [{"id": "1", "name": "To Do", **STATUS}],
    "custom_fields": [
        {
            "jira_field_id": "customfield_1",
            "jira_field_name": "CF",
            "jira_field_type": "textfield",
            "windshift_field_type": "text",
            "can_map": True,
        }
    ],
    "users": None,
    "versions": None,
}


def test_every_name_becomes_a_new_thing() -> None:
    mappings = mappings_for(ANALYSIS)
    assert mappings["workspaces"] == [
        {
            "jiraKey": "ENG",
            "jiraName": "Eng",
            "issueCount": 60,
            "windshiftId": None,
            "createNew": True,
            "newWorkspaceName": "Eng",
            "newWorkspaceKey": "ENG",
        }
    ]
    assert mappings["issueTypes"] == [
        {
            "jiraIds": ["1"],
            "jiraName": "Task",
            "isSubtask": False,
            "hierarchyLevel": 0,
            "windshiftId": None,
            "createNew": True,
        }
    ]
    assert mappings["statuses"] == [
        {
            "jiraIds": ["1"],
            "jiraName": "To Do",
            "categoryKey": "new",
            "categoryName": "To Do",
            "color": "#6B7280",
            "windshiftId": None,
            "createNew": True,
        }
    ]
    assert mappings["customFields"][0]["action"] == "create"
    assert mappings["versions"] == []


def test_statuses_of_one_name_are_one() -> None:
    twice = ANALYSIS | {
        "statuses": [
            {"id": "1", "name": "To Do", **STATUS},
            {"id": "7", "name": "Done", **STATUS},
            {"id": "9", "name": "To Do", **STATUS},
        ]
    }
    assert [(one["jiraName"], one["jiraIds"]) for one in mappings_for(twice)["statuses"]] == [
        ("Done", ["7"]),
        ("To Do", ["1", "9"]),
    ]


def test_a_field_that_cannot_be_mapped_is_skipped() -> None:
    field = ANALYSIS["custom_fields"][0] | {"can_map": False, "notes": "not supported"}
    (mapped,) = mappings_for(ANALYSIS | {"custom_fields": [field]})["customFields"]
    assert (mapped["action"], mapped["notes"]) == ("skip", "not supported")


def test_versions_keep_their_project_and_date() -> None:
    version = {"id": "3", "name": "1.0", "released": True, "release_date": "2026-01-02", "project_key": "ENG"}
    (mapped,) = mappings_for(ANALYSIS | {"versions": [version]})["versions"]
    assert (mapped["projectKey"], mapped["releaseDate"], mapped["createNew"]) == ("ENG", "2026-01-02", True)
