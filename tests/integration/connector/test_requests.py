"""What callers may send: tokens, sizes, forms; and the lists of projects that they get."""

import httpx
import pytest
from structlog.testing import capture_logs

from deploy.embedded.loopback import loopback
from services.connector.guard import BODY_LIMIT
from tests.support.connector import PAT, TOKENS, Connector


@pytest.mark.parametrize("token", TOKENS)
async def test_every_configured_token_opens_the_api(connector: Connector, token: str) -> None:
    response = await connector.ask("GET", "jobs", headers={"Authorization": f"Bearer {token}"})

    assert (response.status_code, response.json()) == (200, [])


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", f"bearer {TOKENS[0]}", f"Bearer {TOKENS[0]}x"]
)
async def test_nobody_else_gets_in(connector: Connector, given: str) -> None:
    for path in ("jobs", "no-such-route"):
        response = await connector.ask("GET", path, headers={"Authorization": given})
        assert response.status_code == 401
        assert response.json() == {"error": "Authentication required", "code": "UNAUTHORIZED"}


@pytest.mark.parametrize(
    ("method", "from_", "status"),
    [
        ("POST", "cross-site", 403),
        ("POST", "same-site", 403),
        ("DELETE", "cross-site", 403),
        ("POST", "same-origin", 400),
        ("POST", "none", 400),
        ("GET", "cross-site", 404),
    ],
)
async def test_a_browser_on_another_site_changes_nothing(
    connector: Connector, method: str, from_: str, status: int
) -> None:
    path = "jobs/null" if method == "GET" else "connections/x" if method == "DELETE" else "connect"
    response = await connector.ask(method, path, json={}, headers={"Sec-Fetch-Site": from_})

    assert response.status_code == status
    if status == 403:
        assert response.json() == {"error": "Cross-site request blocked", "code": "CSRF_ERROR"}


async def test_health_and_metrics_are_open(connector: Connector) -> None:
    bare = httpx.AsyncClient(transport=connector.http._transport, base_url="http://connector")
    assert (await bare.get("/health/live")).json() == {"status": "live"}
    assert (await bare.get("/health/ready")).json() == {"status": "ready"}
    assert "jira_import_connects_total" in (await bare.get("/metrics")).text


async def test_a_body_that_is_too_large(connector: Connector) -> None:
    async def chunks() -> object:
        for _ in range(BODY_LIMIT // 65_536 + 1):
            yield b"x" * 65_536

    for content in (b"x" * (BODY_LIMIT + 1), chunks()):
        response = await connector.ask("POST", "start", content=content)
        assert (response.status_code, response.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "body", ["{bad", "[]", '{"instance_url": 1}', "", "\ud800".encode("utf-8", "replace")]
)
async def test_a_body_that_cannot_be_read(connector: Connector, body: str | bytes) -> None:
    response = await connector.ask(
        "POST", "connect", content=body, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 400
    assert response.json() == {"error": "Invalid request body", "code": "INVALID_INPUT"}


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("POST", "connect", {"instance_url": "https://a.example"}, "instance_url, email, and api_token are"),
        ("POST", "connect", {"instance_url": "https://a.example", "api_token": "t"}, "instance_url, email"),
        ("POST", "analyze", {"connection_id": "x", "project_keys": []}, "connection_id and project_keys are"),
        ("POST", "start", {"connection_id": "x", "project_keys": []}, "connection_id and project_keys are"),
        ("POST", "start", {"project_keys": ["SIM"]}, "connection_id and project_keys are"),
        ("GET", "projects", None, "connection_id is required"),
        ("GET", "previous-imports", None, "At least one project_key is required"),
    ],
)
async def test_something_is_missing(
    connector: Connector, method: str, path: str, body: object, error: str
) -> None:
    response = await connector.ask(method, path, json=body)

    assert (response.status_code, response.json()["code"]) == (400, "VALIDATION_FAILED")
    assert response.json()["error"].startswith(error)


@pytest.mark.parametrize(
    "url", ["ftp://x", "company.atlassian.net", "https://", "http://[broken", "https://a:b"]
)
async def test_an_address_that_is_none(connector: Connector, url: str) -> None:
    response = await connector.connect(url, "token")

    assert response.status_code == 400
    assert response.json() == {
        "error": "Failed to create Jira client: invalid Jira instance URL: must use http or https",
        "code": "INVALID_INPUT",
    }


@pytest.mark.parametrize("job", ["null", "undefined", "nope", "00000000-0000-4000-8000-000000000000"])
async def test_a_job_that_does_not_exist_is_a_cheap_404(connector: Connector, job: str) -> None:
    with capture_logs() as logged:
        response = await connector.ask("GET", f"jobs/{job}")

    assert (response.status_code, response.json()) == (404, {"error": "job not found", "code": "NOT_FOUND"})
    assert logged == []


async def test_projects_of_both_products(connector: Connector, cloud: str, datacenter: str) -> None:
    for url, token, deployment in ((cloud, "scoped-token", "cloud"), (datacenter, PAT, "datacenter")):
        connection = await connector.connection(url, token, deployment=deployment)
        found = await connector.json("GET", "projects", params={"connection_id": connection})
        assert [(project["key"], project["issue_count"]) for project in found] == [("OPS", 30), ("SIM", 30)]
        assert not any(project["is_team_managed"] for project in found)
        still_open = await connector.json(
            "GET", "projects", params={"connection_id": connection, "open_issues_only": "true"}
        )
        assert sum(project["issue_count"] for project in still_open) < 60


async def test_the_list_of_projects_is_kept_for_a_while(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud)
    async with loopback(base_url=cloud) as jira:
        await jira.delete("/_sim/requests")
        for _ in range(3):
            await connector.json("GET", "projects", params={"connection_id": connection})
        counted = (await jira.get("/_sim/requests")).json()
    assert [n for route, n in counted["by_route"].items() if "project/search" in route] == [1]
    assert await connector.json("GET", "assets", params={"connection_id": connection}) == []


async def test_analyze_tells_what_is_there(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud)
    body = {"connection_id": connection, "project_keys": ["SIM", "NOPE"], "open_issues_only": False}
    found = await connector.json("POST", "analyze", json=body)

    assert [project["key"] for project in found["projects"]] == ["SIM"]
    assert found["total_issues"] == 30
    assert found["projects"][0]["has_sprints"]
    assert found["sample"] == {"issues": 30, "of": 30, "exact": True}
    assert {status["category_key"] for status in found["statuses"]} == {"new", "indeterminate", "done"}
    assert all(field["jira_field_id"].startswith("customfield_") for field in found["custom_fields"])
    assert found["versions"][0]["project_key"] == "SIM"
    unknown = await connector.ask("POST", "analyze", json=body | {"connection_id": "nope"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")


async def test_a_deleted_connection_is_gone(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud)
    assert (await connector.ask("DELETE", f"connections/{connection}")).status_code == 204
    again = await connector.ask("DELETE", f"connections/{connection}")
    assert (again.status_code, again.json()) == (404, {"error": "connection not found", "code": "NOT_FOUND"})
    assert await connector.json("GET", "connections") == []
