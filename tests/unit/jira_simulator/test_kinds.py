"""Histories in bulk, watchers, security levels, moved issues, service and team-managed projects."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deploy.jira_simulator import accounts
from tests.unit.jira_simulator.conftest import Start, running

BULK = "/rest/api/3/changelog/bulkfetch"
PARTIAL = (accounts.CLOUD_EMAIL, accounts.PARTIAL_TOKEN)


@pytest.fixture(scope="module")
def four() -> Iterator[httpx.Client]:
    """SIM, OPS, WEB (for customers) and APP (team-managed)."""
    with running("--issues", "160", "--projects", "4") as client:
        yield client


def _changes(client: httpx.Client, **body: Any) -> tuple[dict[str, list[str]], str | None]:
    answer = client.post(BULK, json=body)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    logs = {log["issueId"]: [h["id"] for h in log["changeHistories"]] for log in page["issueChangeLogs"]}
    return logs, page.get("nextPageToken")


def test_a_page_of_changes_may_end_within_an_issue(cloud: httpx.Client) -> None:
    asked = {"issueIdsOrKeys": ["SIM-7", "SIM-8", "SIM-9999"], "maxResults": 100}
    first, token = _changes(cloud, **asked)
    assert [len(ids) for ids in first.values()] == [100]
    second, end = _changes(cloud, **asked, nextPageToken=token)
    assert ([len(ids) for ids in second.values()], end) == ([50, 2], None)
    whole = [entry["id"] for start in (0, 100) for entry in _page(cloud, start)]
    hub = next(iter(first))
    assert first[hub] + second[hub] == whole


def _page(client: httpx.Client, start: int) -> list[Any]:
    page = client.get("/rest/api/3/issue/SIM-7/changelog", params={"startAt": start}).json()
    values: list[Any] = page["values"]
    return values


def test_changes_of_some_fields_only(cloud: httpx.Client) -> None:
    assert _changes(cloud, issueIdsOrKeys=["SIM-1"], fieldIds=["summary"]) == ({}, None)
    logs, _ = _changes(cloud, issueIdsOrKeys=["SIM-1"], fieldIds=["status"])
    assert [len(ids) for ids in logs.values()] == [2]


@pytest.mark.parametrize(
    "body",
    [
        {"issueIdsOrKeys": []},
        {"issueIdsOrKeys": [str(number) for number in range(1001)]},
        {"issueIdsOrKeys": ["SIM-1"], "maxResults": 10_001},
        {"issueIdsOrKeys": ["SIM-1"], "maxResults": 0},
        {"issueIdsOrKeys": ["SIM-1"], "fieldIds": [str(number) for number in range(11)]},
        {"issueIdsOrKeys": ["SIM-1"], "nextPageToken": "spoilt"},
        {"issueIdsOrKeys": ["SIM-1"], "expand": []},
    ],
)
def test_what_the_bulk_of_changes_refuses(cloud: httpx.Client, body: dict[str, Any]) -> None:
    assert cloud.post(BULK, json=body).status_code == 400


def test_a_token_belongs_to_its_question(cloud: httpx.Client) -> None:
    _, token = _changes(cloud, issueIdsOrKeys=["SIM-7"], maxResults=10)
    other = {"issueIdsOrKeys": ["SIM-8"], "nextPageToken": token}
    assert cloud.post(BULK, json=other).status_code == 400


@pytest.mark.parametrize(
    ("part", "names", "count", "key"), [("watchers", "watchers", "watchCount", "SIM-12"),
                                        ("votes", "voters", "votes", "SIM-14")],
)  # fmt: skip
def test_names_are_for_those_who_may_see_them(
    cloud: httpx.Client, part: str, names: str, count: str, key: str
) -> None:
    path = f"/rest/api/3/issue/{key}/{part}"
    seen, hidden = cloud.get(path).json(), cloud.get(path, auth=PARTIAL).json()
    assert len(seen[names]) == seen[count] > 0
    assert (hidden[names], hidden[count]) == ([], seen[count])


def test_security_levels_are_for_those_who_may_set_them(cloud: httpx.Client) -> None:
    path = "/rest/api/3/project/SIM/securitylevel"
    assert [level["id"] for level in cloud.get(path).json()["levels"]] == ["10300", "10301"]
    assert cloud.get(path, auth=PARTIAL).json() == {"levels": []}


def test_a_moved_issue_answers_to_its_old_key_and_remembers_it(start: Start) -> None:
    client = start("--issues", "60", "--projects", "2")
    (issue,) = client.post("/_sim/edits", json=[{"op": "move", "key": "SIM-3", "project": "OPS"}]).json()[
        "ids"
    ]
    shown = client.get("/rest/api/3/issue/SIM-3").json()
    assert (shown["id"], shown["key"]) == (issue, "OPS-31")
    items = [item for entry in _histories(client, issue) for item in entry["items"]]
    keys = [(item["fromString"], item["toString"]) for item in items if item["field"] == "Key"]
    assert keys == [("SIM-3", "OPS-31")]
    assert client.get("/rest/api/3/issue/OLDSIM-21").json()["key"] == "SIM-21"
    assert client.get("/rest/api/3/issue/OLDSIM-22").status_code == 404


def _histories(client: httpx.Client, issue: str) -> list[Any]:
    page = client.get(f"/rest/api/3/issue/{issue}/changelog").json()
    values: list[Any] = page["values"]
    return values


def test_a_team_managed_project_has_the_same_names_with_other_ids(four: httpx.Client) -> None:
    project = four.get("/rest/api/3/project/APP").json()
    assert (project["style"], project["simplified"]) == ("next-gen", True)
    ours = {kind["name"]: kind["id"] for kind in project["issueTypes"]}
    theirs = {kind["name"]: kind["id"] for kind in four.get("/rest/api/3/project/SIM").json()["issueTypes"]}
    assert ours.keys() == theirs.keys()
    assert set(ours.values()).isdisjoint(theirs.values())
    issue = four.get("/rest/api/3/issue/APP-4").json()["fields"]
    assert issue["issuetype"]["id"] in ours.values()
    assert issue["status"]["scope"]["project"]["id"] == project["id"]
    scoped = [f["id"] for f in four.get("/rest/api/3/field").json() if f.get("scope")]
    assert [id_ for id_ in scoped if issue[id_]] == scoped == ["customfield_10060"]


def test_data_center_shows_what_is_internal_only_when_properties_are_asked_for(start: Start) -> None:
    client = start("--deployment", "datacenter", "--issues", "120", "--projects", "3")
    internal = set(client.get("/_sim/truth/WEB/internal_comments").text.replace('"', "").split())
    found: set[str] = set()
    for number in range(1, 41):
        path = f"/rest/api/2/issue/WEB-{number}/comment"
        assert all("properties" not in one for one in client.get(path).json()["comments"])
        for comment in client.get(path, params={"expand": "properties"}).json()["comments"]:
            if comment["properties"][0]["value"]["internal"]:
                found.add(comment["id"])
    assert found == internal != set()
    inside = client.get("/rest/api/2/issue/WEB-1").json()["fields"]["comment"]["comments"]
    assert not {"properties", "jsdPublic"} & set(inside[0])
