"""Issues' own lists, projects, lists of the site, users, boards and attachments."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.jira_simulator.conftest import Start

HUB = "/rest/api/3/issue/SIM-7"
Gateway = Callable[..., httpx.Response]


def _ids(client: httpx.Client, path: str, name: str, **query: Any) -> list[str]:
    return [entry["id"] for entry in client.get(path, params=query).json()[name]]


def test_comments_page_by_a_hundred_on_cloud(cloud: httpx.Client) -> None:
    first, second = (cloud.get(f"{HUB}/comment", params={"startAt": start}).json() for start in (0, 100))

    assert (len(first["comments"]), first["maxResults"], first["total"]) == (100, 100, 120)
    assert len(second["comments"]) == 20
    assert "isLast" not in first


def test_comments_can_be_turned_around(cloud: httpx.Client) -> None:
    plain = _ids(cloud, f"{HUB}/comment", "comments", maxResults=5000)

    assert _ids(cloud, f"{HUB}/comment", "comments", maxResults=5000, orderBy="-created") == plain[::-1]
    assert cloud.get(f"{HUB}/comment", params={"orderBy": "author"}).status_code == 400


def test_what_an_issue_embeds_is_the_newest(cloud: httpx.Client) -> None:
    plain = _ids(cloud, f"{HUB}/comment", "comments", maxResults=5000)
    inside = cloud.get(HUB).json()["fields"]["comment"]

    assert [comment["id"] for comment in inside["comments"]] == plain[20:]
    assert (inside["total"], inside["startAt"]) == (120, 0)


def test_comments_come_all_at_once_on_datacenter(datacenter: httpx.Client) -> None:
    page = datacenter.get("/rest/api/2/issue/SIM-7/comment").json()

    assert len(page["comments"]) == page["total"] == 120


def test_worklogs_by_start(cloud: httpx.Client) -> None:
    worklogs = cloud.get(f"{HUB}/worklog").json()
    assert len(worklogs["worklogs"]) == worklogs["total"] == 45

    assert cloud.get(f"{HUB}/worklog", params={"startedAfter": 4_000_000_000_000}).json()["total"] == 0


def test_history_is_oldest_first_by_a_hundred(cloud: httpx.Client) -> None:
    first = cloud.get(f"{HUB}/changelog").json()
    second = cloud.get(f"{HUB}/changelog", params={"startAt": 100}).json()
    newest = cloud.get(HUB, params={"expand": "changelog", "fields": "summary"}).json()["changelog"][
        "histories"
    ]

    assert (len(first["values"]), first["isLast"], first["total"]) == (100, False, 150)
    assert (len(second["values"]), second["isLast"]) == (50, True)
    assert [entry["id"] for entry in newest] == [entry["id"] for entry in second["values"]][:-41:-1]


@pytest.mark.parametrize("part", ["watchers", "votes", "remotelink"])
def test_the_smaller_lists_of_an_issue(cloud: httpx.Client, datacenter: httpx.Client, part: str) -> None:
    assert cloud.get(f"/rest/api/3/issue/SIM-3/{part}").status_code == 200
    assert datacenter.get(f"/rest/api/2/issue/SIM-3/{part}").status_code == 200


@pytest.mark.parametrize(
    "part", ["", "/comment", "/worklog", "/changelog", "/watchers", "/votes", "/remotelink"]
)
def test_unknown_issues_are_not_found(cloud: httpx.Client, part: str) -> None:
    response = cloud.get(f"/rest/api/3/issue/SIM-9999{part}")

    assert response.status_code == 404
    assert response.json()["errorMessages"] == [
        "Issue does not exist or you do not have permission to see it."
    ]


def test_projects_page_by_a_hundred_at_most(start: Start) -> None:
    client = start("--issues", "0", "--projects", "130")
    first = client.get("/rest/api/3/project/search", params={"maxResults": 500}).json()
    second = client.get("/rest/api/3/project/search", params={"startAt": 100, "orderBy": "key"}).json()

    assert (len(first["values"]), first["maxResults"], first["isLast"], first["total"]) == (
        100,
        100,
        False,
        130,
    )
    assert (len(second["values"]), second["isLast"]) == (30, True)
    assert "nextPage" in first
    assert client.get("/rest/api/3/project/search", params={"status": "archived"}).json()["values"] == []
    assert client.get("/rest/api/3/project/search", params={"orderBy": "colour"}).status_code == 400


def test_projects_are_a_bare_array_on_datacenter(datacenter: httpx.Client) -> None:
    assert [project["key"] for project in datacenter.get("/rest/api/2/project").json()] == ["SIM", "OPS"]


def test_one_project_by_key_or_id(cloud: httpx.Client) -> None:
    by_key, by_id = (cloud.get(f"/rest/api/3/project/{name}").json() for name in ("SIM", "10000"))

    assert by_key == by_id
    assert {"lead", "issueTypes", "versions", "components", "style"} < set(by_key)
    assert cloud.get("/rest/api/3/project/NOPE").status_code == 404


@pytest.mark.parametrize("part", ["versions", "components", "statuses"])
def test_a_projects_own_lists(cloud: httpx.Client, datacenter: httpx.Client, part: str) -> None:
    assert len(cloud.get(f"/rest/api/3/project/OPS/{part}").json()) >= 4
    assert len(datacenter.get(f"/rest/api/2/project/OPS/{part}").json()) >= 4


@pytest.mark.parametrize("name", ["field", "priority", "status", "issuetype", "resolution"])
def test_lists_of_the_site(cloud: httpx.Client, datacenter: httpx.Client, name: str) -> None:
    assert cloud.get(f"/rest/api/3/{name}").json()
    assert datacenter.get(f"/rest/api/2/{name}").json()


def test_users_by_ten_at_first(cloud: httpx.Client) -> None:
    ids = [user["accountId"] for user in cloud.get("/rest/api/3/users/search").json()]
    page = cloud.get("/rest/api/3/user/bulk", params={"accountId": [*ids, "unknown"]}).json()

    assert (len(page["values"]), page["total"], page["isLast"]) == (10, len(ids), False)
    assert "Former user" in [user["displayName"] for user in cloud.get("/rest/api/3/users/search").json()]


def test_one_user_by_what_each_product_calls_them(cloud: httpx.Client, datacenter: httpx.Client) -> None:
    account = "5f0000000000000000000003"
    found = cloud.get("/rest/api/3/user", params={"accountId": account}).json()

    assert found["displayName"] == "Cedar Example"
    for query in ({"username": "cedar"}, {"key": "JIRAUSER10103"}):
        assert datacenter.get("/rest/api/2/user", params=query).json()["displayName"] == "Cedar Example"
    assert cloud.get("/rest/api/3/user", params={"accountId": "nobody"}).status_code == 404


def test_permissions_must_be_named_on_cloud(cloud: httpx.Client, datacenter: httpx.Client) -> None:
    assert cloud.get("/rest/api/3/mypermissions").status_code == 400
    named = cloud.get("/rest/api/3/mypermissions", params={"permissions": "BROWSE_PROJECTS"}).json()
    assert named["permissions"]["BROWSE_PROJECTS"]["havePermission"] is True
    assert datacenter.get("/rest/api/2/mypermissions").status_code == 200


def test_boards_and_sprints(cloud: httpx.Client, datacenter: httpx.Client) -> None:
    for client in (cloud, datacenter):
        boards = client.get("/rest/agile/1.0/board", params={"projectKeyOrId": "OPS"}).json()["values"]
        assert [(board["id"], board["type"]) for board in boards] == [(2, "scrum"), (1002, "kanban")]
        refused = client.get("/rest/agile/1.0/board/1002/sprint")
        assert (refused.status_code, refused.json()["errorMessages"]) == (
            400,
            ["The board does not support sprints"],
        )
        closed = client.get("/rest/agile/1.0/board/2/sprint", params={"state": "closed"}).json()["values"]
        assert [sprint["id"] for sprint in closed] == [5, 6]
        assert client.get("/rest/agile/1.0/sprint/5").json()["originBoardId"] == 2
        assert client.get("/rest/agile/1.0/board/2/configuration").json()["columnConfig"]["columns"]
        assert client.get("/rest/agile/1.0/board/99").status_code == 404


def _attachment(client: httpx.Client, version: int) -> dict[str, Any]:
    issue = client.get(f"/rest/api/{version}/issue/SIM-12").json()
    attachment: dict[str, Any] = issue["fields"]["attachment"][0]
    return attachment


def test_attachments_on_cloud_live_on_another_host(cloud: httpx.Client) -> None:
    meta = _attachment(cloud, 3)
    redirect = cloud.get(meta["content"])
    location = httpx.URL(redirect.headers["location"])

    assert (redirect.status_code, location.host) == (303, "localhost")
    assert location.path.startswith("/media/file/")
    assert len(httpx.get(location).content) == meta["size"]
    assert httpx.get(location, headers={"authorization": "Basic x"}).status_code == 400
    assert httpx.get(location, headers={"cookie": "a=b"}).status_code == 400
    assert httpx.get(location.copy_set_param("token", "forged.token")).status_code == 403


def test_attachments_can_be_streamed_through_jira_in_parts(cloud: httpx.Client, gateway: Gateway) -> None:
    meta = _attachment(cloud, 3)
    path = f"/rest/api/3/attachment/content/{meta['id']}"

    def part(wanted: str) -> httpx.Response:
        return cloud.get(path, params={"redirect": "false"}, headers={"range": wanted} if wanted else {})

    whole = part("").content
    middle = part("bytes=10-19")
    assert len(whole) == meta["size"]
    assert (middle.status_code, middle.content) == (206, whole[10:20])
    assert middle.headers["content-range"] == f"bytes 10-19/{meta['size']}"
    assert part("bytes=100-").content == whole[100:]
    assert part("bytes=-5").content == whole[-5:]
    assert part(f"bytes={meta['size']}-").status_code == 416
    assert gateway(path).status_code == 303
    assert cloud.get("/rest/api/3/attachment/content/1").status_code == 404


def test_attachments_on_datacenter_need_a_login(datacenter: httpx.Client) -> None:
    meta = _attachment(datacenter, 2)
    refused = httpx.get(meta["content"])

    assert len(datacenter.get(meta["content"]).content) == meta["size"]
    assert refused.status_code == 302
    assert refused.headers["location"].startswith("/login.jsp")


def test_attachments_can_be_left_out(start: Start) -> None:
    client = start("--issues", "40", "--no-attachments")

    assert client.get("/_sim/truth").json()["SIM"]["attachments"] == 0


def test_real_issues_are_served_as_they_are(start: Start, real_file: Path) -> None:
    client = start("--deployment", "datacenter", "--data", str(real_file), "--attachment-max-bytes", "100")
    page = client.post(
        "/rest/api/2/search", json={"jql": "project = DEMO ORDER BY created ASC", "fields": ["*all"]}
    )
    issues = page.json()["issues"]

    assert [issue["key"] for issue in issues] == ["DEMO-1", "DEMO-2", "DEMO-3"]
    fields = issues[0]["fields"]
    assert (fields["description"], fields["reporter"]["name"]) == ("*bold* text", "fern")
    assert (fields["comment"]["total"], len(fields["comment"]["comments"])) == (1, 1)
    attachment = fields["attachment"][0]
    assert attachment["size"] == len(client.get(attachment["content"]).content) == 100
    assert [entry["name"] for entry in client.get("/rest/api/2/status").json()] == ["Closed"]


def test_real_issues_are_dressed_up_for_cloud(start: Start, real_file: Path) -> None:
    client = start("--data", str(real_file))
    fields = client.get("/rest/api/3/issue/DEMO-2").json()["fields"]

    assert "name" not in fields["reporter"]
    assert len(fields["reporter"]["accountId"]) == 24
    blocks = fields["comment"]["comments"][0]["body"]["content"]
    assert [[node.get("text") for node in block["content"]] for block in blocks] == [
        ["first", None, "second"],
        ["third"],
    ]
    assert client.get("/rest/api/3/issue/bulkfetch").status_code == 404
