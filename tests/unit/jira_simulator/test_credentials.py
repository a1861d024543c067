"""What each credential gets, at the site, at the gateway and on Data Center."""

import base64
from collections.abc import Callable

import httpx
import pytest

from deploy.jira_simulator import accounts
from deploy.jira_simulator.world import GATEWAY
from tests.unit.jira_simulator.conftest import Start

Gateway = Callable[..., httpx.Response]
MUST = "Client must be authenticated to access this resource."
SERAPH = "x-seraph-loginreason"
MYSELF, PROJECTS, SEARCH = "/rest/api/3/myself", "/rest/api/3/project/search", "/rest/api/3/search/jql"


def _as(token: str) -> tuple[str, str]:
    return accounts.CLOUD_EMAIL, token


@pytest.mark.parametrize("token", [accounts.EXPIRED_TOKEN, accounts.SCOPED_TOKEN, "nonsense"])
def test_a_wrong_token_at_the_site_is_anonymous_everywhere_but_at_myself(
    cloud: httpx.Client, token: str
) -> None:
    myself = cloud.get(MYSELF, auth=_as(token))
    projects = cloud.get(PROJECTS, auth=_as(token))
    found = cloud.post(SEARCH, json={"jql": "created > 2000-01-01"}, auth=_as(token))
    named = cloud.post(SEARCH, json={"jql": "project = SIM"}, auth=_as(token))
    issue = cloud.get("/rest/api/3/issue/SIM-1", auth=_as(token))

    assert (myself.status_code, myself.text, myself.headers["content-type"]) == (401, MUST, "text/html")
    assert myself.headers["www-authenticate"].startswith("OAuth realm=")
    assert (projects.status_code, projects.json()["total"], projects.json()["values"]) == (200, 0, [])
    assert (found.status_code, found.json()) == (200, {"issues": [], "isLast": True})
    assert named.json()["errorMessages"] == ["The value 'SIM' does not exist for the field 'project'."]
    assert issue.status_code == 404
    for response in (myself, projects, found, named, issue):
        assert response.headers[SERAPH] == "AUTHENTICATED_FAILED"


def test_another_accounts_address_is_refused(cloud: httpx.Client) -> None:
    right, wrong = accounts.CLOUD_EMAIL.upper(), "else@example.com"

    assert cloud.get(MYSELF, auth=(right, accounts.CLASSIC_TOKEN)).status_code == 200
    assert cloud.get(MYSELF, auth=(wrong, accounts.CLASSIC_TOKEN)).status_code == 401


@pytest.mark.parametrize("header", ["", "basic abc", "bearer abc", "Bearer  abc", "Token abc", "Basic %%%"])
def test_what_is_no_credential_is_anonymous_without_a_reason(cloud: httpx.Client, header: str) -> None:
    response = httpx.get(cloud.base_url.join(PROJECTS), headers={"authorization": header})

    assert (response.status_code, response.json()["total"]) == (200, 0)
    assert SERAPH not in response.headers


def test_a_user_part_is_needed_to_fail_a_login(cloud: httpx.Client) -> None:
    for pair in (":secret", "no-colon"):
        header = "Basic " + base64.b64encode(pair.encode()).decode()
        response = httpx.get(cloud.base_url.join(PROJECTS), headers={"authorization": header})
        assert SERAPH not in response.headers


@pytest.mark.parametrize("path", ["/rest/api/3/serverInfo", MYSELF])
def test_bearer_at_the_site(cloud: httpx.Client, path: str) -> None:
    url = cloud.base_url.join(path)
    opaque = httpx.get(url, headers={"authorization": "Bearer some-token"})
    jwt = httpx.get(url, headers={"authorization": "Bearer a.b.c"})

    assert (opaque.status_code, opaque.json()) == (
        403,
        {"error": "Failed to parse Connect Session Auth Token"},
    )
    assert (jwt.status_code, jwt.text) == (401, MUST)


def test_server_info_is_for_everybody(cloud: httpx.Client) -> None:
    for version in (2, 3):
        info = httpx.get(cloud.base_url.join(f"/rest/api/{version}/serverInfo")).json()
        assert (info["deploymentType"], info["baseUrl"]) == ("Cloud", str(cloud.base_url).rstrip("/"))


def test_the_cloud_id_leads_to_the_gateway(cloud: httpx.Client) -> None:
    cloud_id = httpx.get(cloud.base_url.join("/_edge/tenant_info")).json()["cloudId"]

    assert f"/ex/jira/{cloud_id}" == GATEWAY


@pytest.mark.parametrize(
    ("token", "status", "body"),
    [
        (accounts.CLASSIC_TOKEN, 401, {"code": 401, "message": "Unauthorized"}),
        (accounts.EXPIRED_TOKEN, 401, {"code": 401, "message": "Unauthorized"}),
        (accounts.SERVICE_TOKEN, 401, {"code": 401, "message": "Unauthorized"}),
        (accounts.SCOPED_NO_ME, 401, {"message": MUST, "status-code": 401}),
        (accounts.SCOPED_NO_USER, 401, {"code": 401, "message": "Unauthorized; scope does not match"}),
    ],
)
def test_myself_at_the_gateway(gateway: Gateway, token: str, status: int, body: object) -> None:
    response = gateway(MYSELF, token)

    assert (response.status_code, response.json()) == (status, body)


@pytest.mark.parametrize(
    ("token", "refused"),
    [
        (accounts.SCOPED_TOKEN, set()),
        (accounts.SCOPED_NO_ME, {MYSELF}),
        (accounts.SCOPED_NO_USER, {MYSELF}),
        (accounts.SCOPED_NO_WORK, {PROJECTS, "/rest/api/3/field"}),
        (accounts.SCOPED_NO_AGILE, {"/rest/agile/1.0/board"}),
    ],
)
def test_scopes_count_by_route(gateway: Gateway, token: str, refused: set[str]) -> None:
    paths = {MYSELF, PROJECTS, "/rest/api/3/field", "/rest/agile/1.0/board", "/rest/api/3/serverInfo"}

    assert {path for path in paths if gateway(path, token).status_code == 401} == refused


def test_a_service_account_may_use_bearer_at_the_gateway(cloud: httpx.Client) -> None:
    header = {"authorization": f"Bearer {accounts.SERVICE_TOKEN}"}

    assert httpx.get(cloud.base_url.join(GATEWAY + MYSELF), headers=header).status_code == 200


def test_addresses_at_the_gateway_name_the_gateway(gateway: Gateway) -> None:
    assert GATEWAY in gateway("/rest/api/3/issue/SIM-1").json()["self"]


def test_a_login_that_may_browse_nothing_sees_an_empty_site(cloud: httpx.Client) -> None:
    login = _as(accounts.NO_BROWSE_TOKEN)

    assert cloud.get(MYSELF, auth=login).status_code == 200
    projects = cloud.get(PROJECTS, auth=login)
    assert projects.json()["values"] == []
    assert SERAPH not in projects.headers
    assert cloud.get("/rest/api/3/issue/SIM-1", auth=login).status_code == 404


def test_a_login_that_may_browse_one_project(cloud: httpx.Client) -> None:
    login = _as(accounts.PARTIAL_TOKEN)

    assert [p["key"] for p in cloud.get(PROJECTS, auth=login).json()["values"]] == ["SIM"]
    hidden = cloud.get("/rest/api/3/issue/OPS-1", auth=login)
    assert hidden.status_code == 404
    assert hidden.json()["errorMessages"] == ["You do not have the permission to see the specified issue."]
    assert cloud.get("/rest/api/3/project/OPS", auth=login).status_code == 404
    bulk = cloud.post("/rest/api/3/issue/bulkfetch", json={"issueIdsOrKeys": ["SIM-1", "OPS-1"]}, auth=login)
    assert [issue["key"] for issue in bulk.json()["issues"]] == ["SIM-1"]


def test_a_public_site_shows_one_project_to_anybody(start: Start) -> None:
    client = start("--issues", "10", "--projects", "2", "--anonymous-public")

    projects = httpx.get(client.base_url.join(PROJECTS)).json()

    assert [project["key"] for project in projects["values"]] == ["SIM"]


def test_datacenter_knows_pats_and_basic(datacenter: httpx.Client) -> None:
    def myself(**given: str) -> httpx.Response:
        return httpx.get(f"{datacenter.base_url}rest/api/2/myself", headers=given)

    good = "Basic " + base64.b64encode(b"admin:admin").decode()
    bad = "Basic " + base64.b64encode(b"admin:wrong").decode()
    assert myself(authorization=f"Bearer {accounts.PAT}").json()["name"] == "admin"
    assert myself(authorization=good).status_code == 200
    assert myself(authorization=f"Bearer {accounts.PAT_EXPIRED}").status_code == 401
    assert myself().status_code == 401
    refused = myself(authorization=bad)
    assert (refused.status_code, refused.headers[SERAPH]) == (401, "AUTHENTICATED_FAILED")
    assert "Basic Authentication Failure" in refused.text


def test_datacenter_without_browse_permission_is_empty(datacenter: httpx.Client) -> None:
    for token in (f"Bearer {accounts.PAT_NO_BROWSE}", ""):
        response = httpx.get(f"{datacenter.base_url}rest/api/2/project", headers={"authorization": token})
        assert (response.status_code, response.json()) == (200, [])


def test_basic_can_be_disabled_or_ask_for_a_captcha(start: Start) -> None:
    small = ("--deployment", "datacenter", "--issues", "5")
    disabled = start(*small, "--basic-disabled").get("/rest/api/2/myself", auth=accounts.DC_LOGIN)
    captcha = start(*small, "--captcha").get("/rest/api/2/myself", auth=accounts.DC_LOGIN)

    assert disabled.json() == {"message": "Basic Authentication has been disabled on this instance."}
    assert (captcha.status_code, captcha.headers[SERAPH]) == (403, "AUTHENTICATION_DENIED")
    assert captcha.headers["x-authentication-denied-reason"].startswith("CAPTCHA_CHALLENGE; login-url=http")
    assert start(*small, "--basic-disabled").get("/rest/api/2/myself").status_code == 200
