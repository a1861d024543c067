"""The body of a start: what is kept of it, and what not."""

from typing import Any

from services.connector.schemas.start import StartRequest


def _body() -> dict[str, Any]:
    versions = [
        {"jiraId": "1", "createNew": True},
        {"jiraId": "2", "createNew": False},
        {"jiraId": "3", "windshiftId": 7, "createNew": False},
        {"jiraId": "4", "createNew": None},
    ]
    workspaces = [{"jiraKey": "SIM", "newWorkspaceName": "Simulated", "windshiftId": None, "color": "red"}]
    return {
        "connection_id": "c",
        "project_keys": ["SIM"],
        "mappings": {"workspaces": workspaces, "versions": versions},
    }


def test_nothing_of_the_body_lives_on_beside_what_was_read() -> None:
    body = _body()
    request = StartRequest.model_validate(body)
    assert (request.connection_id, request.project_keys) == ("c", ("SIM",))
    assert body == {}


def test_versions_that_merely_come_along_are_not_kept() -> None:
    mappings = StartRequest.model_validate(_body()).mappings
    assert [version.jira_id for version in mappings.versions] == ["2", "3", "4"]


def test_null_in_a_workspace_means_left_out() -> None:
    (workspace,) = StartRequest.model_validate(_body()).mappings.workspaces
    assert (workspace.new_workspace_name, workspace.windshift_id, workspace.create_new) == (
        "Simulated",
        None,
        True,
    )
