"""Cloud's search as strict as Jira's: bounded JQL, token pages, fields, bulk fetch, the old search gone."""

from typing import Any

import httpx
import pytest

from tests.unit.jira_simulator.conftest import Start

SEARCH = "/rest/api/3/search/jql"
BULK = "/rest/api/3/issue/bulkfetch"
WALK = "project = SIM ORDER BY created ASC, id ASC"


def _pages(client: httpx.Client, **body: Any) -> list[list[str]]:
    pages, token = [], None
    while True:
        page = client.post(SEARCH, json={**body, **({"nextPageToken": token} if token else {})}).json()
        pages.append([issue["id"] for issue in page["issues"]])
        token = page.get("nextPageToken")
        assert page["isLast"] is (token is None)
        if token is None:
            return pages


def _message(response: httpx.Response) -> str:
    body = response.json()
    assert body["errors"] == {}
    return str(body["errorMessages"][0])


def test_pages_by_token_hold_each_issue_once(cloud: httpx.Client) -> None:
    pages = _pages(cloud, jql=WALK, maxResults=50)

    assert [len(page) for page in pages] == [50, 50, 25]
    assert sorted({int(issue) for page in pages for issue in page}) == list(range(10_000, 10_250, 2))


def test_an_exact_boundary_has_no_token(cloud: httpx.Client) -> None:
    assert [len(page) for page in _pages(cloud, jql=WALK, maxResults=25)] == [25] * 5


def test_nothing_but_the_id_comes_by_default(cloud: httpx.Client) -> None:
    page = cloud.post(SEARCH, json={"jql": WALK, "maxResults": 2}).json()

    assert page["issues"] == [{"id": "10000"}, {"id": "10002"}]
    assert "total" not in page


def test_a_get_takes_the_same_parameters(cloud: httpx.Client) -> None:
    page = cloud.get(SEARCH, params={"jql": WALK, "maxResults": 1, "fields": "summary,status"}).json()

    assert page["issues"][0]["key"] == "SIM-1"
    assert sorted(page["issues"][0]["fields"]) == ["status", "summary"]


def test_pages_shrink_when_fields_are_asked_for(cloud: httpx.Client) -> None:
    def first(fields: list[str]) -> int:
        return len(
            cloud.post(SEARCH, json={"jql": WALK, "maxResults": 5000, "fields": fields}).json()["issues"]
        )

    assert (first(["id", "key"]), first(["summary"])) == (125, 100)


@pytest.mark.parametrize("jql", ["", "ORDER BY created"])
def test_unbounded_queries_are_refused(cloud: httpx.Client, jql: str) -> None:
    response = cloud.post(SEARCH, json={"jql": jql})

    assert response.status_code == 400
    assert _message(response).startswith("Unbounded JQL queries are not allowed here.")


@pytest.mark.parametrize("size", [0, -1, 5001])
def test_page_sizes_have_limits(cloud: httpx.Client, size: int) -> None:
    response = cloud.post(SEARCH, json={"jql": WALK, "maxResults": size})

    assert response.status_code == 400
    assert _message(response) == "The max results parameter has to be between 1 and 5,000."


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("status = Lost", "The value 'Lost' does not exist for the field 'status'."),
        (
            "project = SIM jql",
            "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'jql'. (line 1, character 15)",
        ),
        ("project = SIM ORDER BY colour", "Not able to sort using field 'colour'."),
        (
            "project = SIM ORDER BY created, id, key, updated, project, status, issuetype, rank",
            "The maximum number of fields in the ORDER BY clause is 7.",
        ),
    ],
)
def test_bad_queries_are_refused_in_jiras_words(cloud: httpx.Client, jql: str, message: str) -> None:
    response = cloud.post(SEARCH, json={"jql": jql})

    assert (response.status_code, _message(response)) == (400, message)


@pytest.mark.parametrize(
    "body",
    [
        {"jql": WALK, "startAt": 0},
        {"jql": WALK, "expand": ["names"]},
        {"jql": WALK, "fields": "summary"},
        {"jql": WALK, "maxResults": "50"},
        {"jql": WALK, "maxResults": True},
    ],
)
def test_unknown_members_and_wrong_types_are_refused(cloud: httpx.Client, body: dict[str, Any]) -> None:
    assert cloud.post(SEARCH, json=body).status_code == 400


def test_unknown_parameters_are_refused(cloud: httpx.Client) -> None:
    response = cloud.get(SEARCH, params={"jql": WALK, "startAt": 0})

    assert (response.status_code, _message(response)) == (400, "Unknown query parameter 'startAt'.")


def test_a_missing_body_is_an_unsupported_media_type(cloud: httpx.Client) -> None:
    response = cloud.post(SEARCH)

    assert response.status_code == 415
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == "Content-Type 'null' is not supported."


def test_half_a_body_is_refused(cloud: httpx.Client) -> None:
    assert (
        cloud.post(SEARCH, content='{"jql":', headers={"content-type": "application/json"}).status_code == 400
    )


def test_tokens_are_bound_to_their_query(cloud: httpx.Client) -> None:
    token = cloud.post(SEARCH, json={"jql": WALK, "maxResults": 1}).json()["nextPageToken"]

    for body in ({"jql": "project = OPS", "nextPageToken": token}, {"jql": WALK, "nextPageToken": "BOGUS"}):
        response = cloud.post(SEARCH, json=body)
        assert response.status_code == 400
        assert _message(response) == "The provided next page token is invalid or expired."


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_old_search_is_gone(cloud: httpx.Client, method: str, version: int) -> None:
    response = cloud.request(method, f"/rest/api/{version}/search")

    assert response.status_code == 410
    assert "CHANGE-2046" in _message(response)


def test_approximate_count(cloud: httpx.Client) -> None:
    count = "/rest/api/3/search/approximate-count"

    assert cloud.post(count, json={"jql": "project = OPS"}).json() == {"count": 125}
    assert cloud.post(count, json={"jql": ""}).status_code == 400


def test_bulk_fetch_sorts_by_id_and_omits_in_silence(cloud: httpx.Client) -> None:
    asked = ["10012", "SIM-2", "999999", "NOPE-1", "10000", "10000"]

    answer = cloud.post(BULK, json={"issueIdsOrKeys": asked, "fields": ["summary"]}).json()

    assert [issue["id"] for issue in answer["issues"]] == ["10000", "10002", "10012"]
    assert answer["issueErrors"] == []


def test_bulk_fetch_takes_a_hundred(cloud: httpx.Client) -> None:
    ids = [str(number) for number in range(10_000, 10_101)]

    assert len(cloud.post(BULK, json={"issueIdsOrKeys": ids[:100]}).json()["issues"]) == 100
    assert cloud.post(BULK, json={"issueIdsOrKeys": ids}).status_code == 400
    assert cloud.post(BULK, json={"issueIdsOrKeys": []}).status_code == 400
    assert cloud.post(BULK, json={"issueIdsOrKeys": ids[:1], "expand": "names"}).status_code == 400


def test_embedded_lists_are_previews(cloud: httpx.Client) -> None:
    body = {"issueIdsOrKeys": ["SIM-7"], "fields": ["comment", "worklog"], "expand": ["changelog"]}
    issue = cloud.post(BULK, json=body).json()["issues"][0]

    pages = (issue["fields"]["comment"], issue["fields"]["worklog"], issue["changelog"])
    shown = [(len(page[name]), page["total"]) for page, name in zip(pages, _LISTS, strict=True)]
    assert shown == [(20, 120), (20, 45), (40, 150)]


def test_navigable_fields_lack_the_long_lists(cloud: httpx.Client) -> None:
    fields = cloud.post(BULK, json={"issueIdsOrKeys": ["SIM-7"]}).json()["issues"][0]["fields"]

    assert "summary" in fields
    assert not {"comment", "worklog", "attachment"} & set(fields)


def test_a_field_can_be_taken_out(cloud: httpx.Client) -> None:
    body = {"issueIdsOrKeys": ["SIM-7"], "fields": ["*all", "-comment"]}
    fields = cloud.post(BULK, json=body).json()["issues"][0]["fields"]

    assert "worklog" in fields
    assert "comment" not in fields


def test_a_walk_goes_on_while_issues_come_and_go(start: Start) -> None:
    client = start("--issues", "40")
    first = client.post(SEARCH, json={"jql": WALK, "maxResults": 10}).json()
    seen = [issue["id"] for issue in first["issues"]]

    edits = [
        {"op": "delete", "key": "SIM-3"},
        {"op": "delete", "key": "SIM-10"},
        {"op": "add", "project": "SIM"},
    ]
    added = client.post("/_sim/edits", json=edits).json()["ids"][2]
    rest = client.post(SEARCH, json={"jql": WALK, "maxResults": 100, "nextPageToken": first["nextPageToken"]})

    seen += [issue["id"] for issue in rest.json()["issues"]]
    assert seen == [*map(str, range(10_000, 10_040)), added]


_LISTS = ("comments", "worklogs", "histories")
