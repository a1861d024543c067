"""Data Center's search: offsets, a capped page, a wall at the deep end, dates in the account's zone."""

from typing import Any

import httpx
import pytest

from tests.unit.jira_simulator.conftest import Start

SEARCH = "/rest/api/2/search"
WALK = "project = SIM ORDER BY created ASC, id ASC"


def _search(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(SEARCH, json={"jql": WALK, **body}).json()
    return answer


def test_the_page_is_capped_and_says_so(datacenter: httpx.Client) -> None:
    page = _search(datacenter, maxResults=1000)

    assert (page["startAt"], page["maxResults"], page["total"], len(page["issues"])) == (0, 50, 125, 50)


def test_offsets_walk_in_created_order(datacenter: httpx.Client) -> None:
    ids = [issue["id"] for start in (0, 50) for issue in _search(datacenter, startAt=start)["issues"]]

    assert ids == [str(number) for number in range(10_000, 10_200, 2)]


def test_no_issues_give_the_total(datacenter: httpx.Client) -> None:
    page = _search(datacenter, maxResults=0, startAt=5000)

    assert (page["total"], page["issues"]) == (125, [])


def test_deep_paging_hits_a_wall(datacenter: httpx.Client) -> None:
    response = datacenter.get(SEARCH, params={"jql": WALK, "startAt": 51, "maxResults": 50})

    assert response.status_code == 500
    assert "requests 101 results which exceeded the search platform limit of 100." in response.text


def test_default_fields_lack_the_long_lists(datacenter: httpx.Client) -> None:
    fields = _search(datacenter, maxResults=1)["issues"][0]["fields"]

    assert "summary" in fields
    assert not {"comment", "worklog", "attachment"} & set(fields)


def test_comments_come_whole_and_worklogs_do_not(datacenter: httpx.Client) -> None:
    page = _search(datacenter, jql="key = SIM-7", fields=["*all"], expand=["changelog", "names"])
    issue = page["issues"][0]

    assert len(issue["fields"]["comment"]["comments"]) == issue["fields"]["comment"]["total"] == 120
    assert (len(issue["fields"]["worklog"]["worklogs"]), issue["fields"]["worklog"]["total"]) == (20, 45)
    assert len(issue["changelog"]["histories"]) == 150
    assert page["names"]["customfield_10014"] == "Epic Link"


def test_bodies_are_wiki_markup_and_users_have_names(datacenter: httpx.Client) -> None:
    fields = _search(datacenter, jql="key = SIM-7", fields=["comment", "reporter"])["issues"][0]["fields"]

    assert all(isinstance(comment["body"], str) for comment in fields["comment"]["comments"])
    assert {"name", "key"} < set(fields["reporter"])
    assert "accountId" not in fields["reporter"]


def test_unknown_ids_are_an_error_unless_validation_is_off(datacenter: httpx.Client) -> None:
    refused = datacenter.get(SEARCH, params={"jql": "id in (10000, 123)"})
    lenient = datacenter.get(SEARCH, params={"jql": "id in (10000, 123)", "validateQuery": "false"})

    assert refused.status_code == 400
    assert refused.json()["errorMessages"] == ["An issue with key '123' does not exist for field 'id'."]
    assert [issue["id"] for issue in lenient.json()["issues"]] == ["10000"]


def test_validation_can_be_turned_off_in_a_body(datacenter: httpx.Client) -> None:
    assert _search(datacenter, jql="id = 123", validateQuery=False)["total"] == 0


def test_the_created_window_moves_by_minutes_in_the_accounts_zone(datacenter: httpx.Client) -> None:
    """The way an importer walks: the minute of the last row is the next lower bound."""
    seen: list[str] = []
    low, fields = "2000-01-01 00:00", ["created"]
    while True:
        jql = f'project = SIM AND created >= "{low}" ORDER BY created ASC, id ASC'
        issues = _search(datacenter, jql=jql, maxResults=50, fields=fields)["issues"]
        fresh = [issue["id"] for issue in issues if issue["id"] not in seen]
        if not fresh:
            break
        seen += fresh
        low = issues[-1]["fields"]["created"][:16].replace("T", " ")

    assert seen == [str(number) for number in range(10_000, 10_250, 2)]


@pytest.mark.parametrize(
    "path", ["/rest/api/3/myself", "/rest/api/3/search/jql", "/rest/api/2/issue/SIM-1/changelog"]
)
def test_paths_of_cloud_are_unknown(datacenter: httpx.Client, path: str) -> None:
    response = datacenter.get(path)

    assert response.status_code == 404
    assert response.json()["message"].startswith("null for uri: ")


def test_nothing_is_served_beside_the_context_path(datacenter: httpx.Client) -> None:
    outside = str(datacenter.base_url).replace("/jira/", "/rest/api/2/serverInfo")

    assert httpx.get(outside).status_code == 404


def test_unbounded_queries_are_fine(datacenter: httpx.Client) -> None:
    assert _search(datacenter, jql="")["total"] == 250


def test_deletions_shift_later_pages(start: Start) -> None:
    client = start("--deployment", "datacenter", "--issues", "40")
    client.post("/_sim/edits", json=[{"op": "delete", "key": "SIM-3"}])

    page = _search(client, startAt=10, maxResults=1)

    assert (page["total"], page["issues"][0]["key"]) == (39, "SIM-12")
