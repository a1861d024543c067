"""Made-up entities in the shapes of both deployments, as the fetcher sends them."""

from typing import Any

from shared.contracts.events import EntityFetched
from shared.kinds import EntityKind

SITE = "jira.example.org"


def entity(
    kind: EntityKind,
    id_: str,
    payload: dict[str, Any] | None,
    *,
    updated: int | None = None,
    import_id: str = "import-1",
    site: str = SITE,
    project_key: str = "ABC",
    **more: Any,
) -> EntityFetched:
    return EntityFetched(
        import_id=import_id,
        site=site,
        project_id="10000",
        project_key=project_key,
        kind=kind,
        id=id_,
        updated=updated,
        occurred_at=1_700_000_000_000,
        payload=payload,
        **more,
    )


def adf(text: str) -> dict[str, Any]:
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }


CLOUD_USER = {"accountId": "5b10:a1", "displayName": "Kim", "active": True, "accountType": "atlassian"}
SERVER_USER = {"name": "kim", "key": "JIRAUSER1", "displayName": "Kim", "active": True}

CLOUD_ISSUE: dict[str, Any] = {
    "id": "10001",
    "key": "ABC-1",
    "fields": {
        "summary": "The summary",
        "description": adf("Some words"),
        "environment": None,
        "project": {"id": "10000", "key": "ABC"},
        "issuetype": {"id": "1", "name": "Bug", "hierarchyLevel": 0},
        "status": {"id": "3", "name": "Done"},
        "priority": None,
        "resolution": {"id": "1", "name": "Fixed"},
        "assignee": CLOUD_USER,
        "reporter": CLOUD_USER,
        "creator": None,
        "parent": {"id": "10000", "key": "ABC-0", "fields": {}},
        "fixVersions": [{"id": "7", "name": "1.0"}],
        "versions": [],
        "components": [{"id": "8", "name": "core"}],
        "labels": ["red", "blue"],
        "created": "2015-12-02T07:39:15.000-0800",
        "updated": "2015-12-03T07:39:15.123-0800",
        "resolutiondate": None,
        "duedate": "2016-01-15",
        "timetracking": {"originalEstimateSeconds": 3600, "remainingEstimateSeconds": 1800},
        "timespent": 60,
        "votes": {"votes": 2, "hasVoted": False},
        "watches": {"watchCount": 3},
        "customfield_10020": None,
        "customfield_10099": "of an app",
    },
}

SERVER_ISSUE: dict[str, Any] = {
    "id": "171089",
    "key": "ABC-2",
    "fields": {
        "summary": "On a server",
        "description": "h1. Title\r\ntext",
        "environment": "Windows",
        "project": {"id": "10000", "key": "ABC"},
        "issuetype": {"id": "1", "name": "Bug", "subtask": False},
        "status": {"id": "5", "name": "Resolved"},
        "assignee": SERVER_USER,
        "epic": {"id": 154699, "key": "ABC-48", "name": "Epic"},
        "closedSprints": [{"id": 1007, "state": "closed"}],
        "flagged": False,
        "labels": [],
        "created": "2018-02-12T21:30:27.000+0000",
        "updated": "2018-03-09T22:34:06.000+0000",
    },
}
