"""Test connection against simulated Jiras: each trouble has its own code, Jira's words and a hint."""

import base64
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.embedded.simulator import SimulatorOptions
from shared.crypto import Vault
from shared.kinds import TokenKind
from tests.support.connector import CLOUD_TOKEN, EMAIL, KEY, PAT, Connector
from tests.support.odd_server import answering, self_signed

REFUSED = "Client must be authenticated to access this resource."
SCOPE = "Unauthorized; scope does not match"
# The form of a real personal access token: twelve digits, a colon, random bytes.
REAL_PAT = base64.b64encode(b"123456789012:" + bytes(range(200, 220))).decode()


@pytest.mark.parametrize(
    ("token", "kind", "gateway"),
    [
        (CLOUD_TOKEN, TokenKind.UNSCOPED, False),
        ("scoped-token", TokenKind.SCOPED, True),
        ("service-token", TokenKind.SERVICE, True),
    ],
)
async def test_the_kind_of_a_cloud_token_decides_where_requests_go(
    connector: Connector, cloud: str, token: str, kind: TokenKind, gateway: bool
) -> None:
    id_ = await connector.connection(cloud + "/", token)

    saved = await connector.context.state.connections.get(id_)
    assert saved is not None
    assert (saved.token_kind, saved.instance_url) == (kind, cloud)
    assert saved.base_url == (f"{cloud}/ex/jira/{saved.cloud_id}" if gateway else cloud)
    assert saved.time_zone == "Europe/Berlin"
    assert saved.boards_readable
    assert token not in str(saved.sealed_token)
    assert Vault(base64.b64decode(KEY), "k1").decrypt(saved.sealed_token, owner=id_) == token


@pytest.mark.parametrize(
    ("email", "token", "kind"), [(EMAIL, PAT, TokenKind.PAT), ("admin", "admin", TokenKind.BASIC)]
)
async def test_data_center_takes_a_token_or_a_password_below_its_context_path(
    connector: Connector, datacenter: str, email: str, token: str, kind: TokenKind
) -> None:
    response = await connector.connect(datacenter, token, email=email, deployment="datacenter")

    saved = await connector.context.state.connections.get(response.json()["connection_id"])
    assert saved is not None
    assert (saved.token_kind, saved.base_url) == (kind, datacenter)
    assert datacenter.endswith("/jira")


@pytest.mark.parametrize(
    ("token", "code", "words", "hint"),
    [
        ("expired-token", "cloud_token_refused", REFUSED, "has expired or was revoked"),
        ("pat-token", "cloud_token_refused", REFUSED, "personal access token of Data Center does not work"),
        (
            REAL_PAT,
            "pat_on_cloud",
            REFUSED,
            "Cloud needs the e-mail address of the account with an API token",
        ),
        ("scoped-no-me", "scope_missing_read_me", REFUSED, "read:me"),
        ("scoped-no-user", "scope_missing_read_jira_user", SCOPE, "read:jira-user"),
        ("scoped-no-work", "scope_missing_read_jira_work", SCOPE, "read:jira-work"),
        ("no-browse-token", "no_projects_visible", "", "Browse Projects"),
        ("scoped-no-browse", "no_projects_visible", "", "Browse Projects"),
    ],
)
async def test_a_cloud_token_that_is_not_enough(
    connector: Connector, cloud: str, token: str, code: str, words: str, hint: str
) -> None:
    with capture_logs() as logged:
        response = await connector.connect(cloud, token)

    answer = response.json()
    assert (response.status_code, answer["code"]) == (422, code)
    assert answer["error"].startswith(words)
    assert answer["error"].endswith(answer["details"]["hint"])
    assert hint in answer["details"]["hint"]
    assert answer["details"]["jira_message"] == words
    told = [entry for entry in logged if entry.get("component") == "jira"]
    assert [entry["jira_message"] for entry in told] == [words]
    assert token not in str(logged)
    assert token not in response.text
    assert await connector.context.state.connections.all() == []


@pytest.mark.parametrize(
    ("email", "token", "code"),
    [
        (EMAIL, "pat-expired", "basic_refused"),
        ("", "pat-expired", "pat_refused"),
        (EMAIL, REAL_PAT, "pat_refused"),
        ("admin", "wrong", "basic_refused"),
        (EMAIL, "pat-no-browse", "no_projects_visible"),
    ],
)
async def test_a_data_center_token_that_is_not_enough(
    connector: Connector, datacenter: str, email: str, token: str, code: str
) -> None:
    response = await connector.connect(datacenter, token, email=email, deployment="datacenter")

    assert (response.status_code, response.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("simulator", "code", "words"),
    [
        (
            SimulatorOptions(deployment="datacenter", issues=4, extra=("--basic-disabled",)),
            "basic_disabled",
            "Basic Authentication has been disabled on this instance.",
        ),
        (
            SimulatorOptions(deployment="datacenter", issues=4, extra=("--captcha",)),
            "captcha",
            "Forbidden (403)",
        ),
    ],
    indirect=["simulator"],
)
async def test_a_password_where_none_is_accepted(
    connector: Connector, simulator: str, code: str, words: str
) -> None:
    response = await connector.connect(simulator, "admin", email="admin", deployment="datacenter")

    assert (response.status_code, response.json()["code"]) == (422, code)
    assert response.json()["error"].startswith(words)


async def test_a_missing_agile_scope_is_a_notice_and_no_refusal(connector: Connector, cloud: str) -> None:
    response = await connector.connect(cloud, "scoped-no-agile")

    (notice,) = response.json()["notices"]
    assert notice["code"] == "agile_scope_missing"
    assert notice["message"].startswith(SCOPE)
    saved = await connector.context.state.connections.get(response.json()["connection_id"])
    assert saved is not None
    assert not saved.boards_readable


@pytest.mark.parametrize(("chosen", "code"), [("datacenter", "is_cloud"), ("cloud", "is_data_center")])
async def test_the_wrong_product_was_chosen(
    connector: Connector, cloud: str, datacenter: str, chosen: str, code: str
) -> None:
    url = cloud if chosen == "datacenter" else datacenter
    response = await connector.connect(url, CLOUD_TOKEN, deployment=chosen)

    assert (response.status_code, response.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:9", "unreachable"),
        ("http://no-such-host.invalid", "unknown_host"),
    ],
)
async def test_nobody_is_at_the_address(connector: Connector, url: str, code: str) -> None:
    response = await connector.connect(url, CLOUD_TOKEN)

    assert (response.status_code, response.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("status", "body", "headers", "code"),
    [
        ("200 OK", "<html><form>Log in</form></html>", ["Content-Type: text/html"], "login_page"),
        ("200 OK", '{"name": "a shop"}', ["Content-Type: application/json"], "not_jira"),
        ("200 OK", '["a", "list"]', ["Content-Type: application/json"], "not_jira"),
        ("404 Not Found", "<h1>nginx</h1>", ["Content-Type: text/html"], "not_jira"),
        ("403 Forbidden", "<h1>no</h1>", ["Content-Type: text/html"], "not_jira"),
        ("302 Found", "", ["Location: https://sso.example.com/login?x=1"], "redirected"),
        ("503 Service Unavailable", "busy", ["Content-Type: text/plain"], "jira_unavailable"),
        ("429 Too Many Requests", "slow down", ["Content-Type: text/plain"], "rate_limited"),
    ],
)
async def test_what_answers_is_no_jira_or_not_ready(
    connector: Connector, status: str, body: str, headers: list[str], code: str
) -> None:
    async with answering(status, body, *headers) as url:
        response = await connector.connect(url, CLOUD_TOKEN)

    assert (response.status_code, response.json()["code"]) == (422, code)
    if code == "redirected":
        assert "https://sso.example.com/login" in response.json()["error"]


@pytest.mark.parametrize(
    ("status", "body", "headers", "code"),
    [
        (
            "401 Unauthorized",
            f'{{"message": "{REFUSED}"}}',
            ["Content-Type: application/json"],
            "basic_refused",
        ),
        ("403 Forbidden", "<h1>no</h1>", ["Content-Type: text/html"], "forbidden"),
        ("302 Found", "", ["Location: https://sso.example.com/login?x=1"], "redirected"),
        ("200 OK", '{"name": "a shop"}', ["Content-Type: application/json"], "not_jira"),
    ],
)
async def test_a_data_center_that_tells_nothing_without_a_login(
    connector: Connector, status: str, body: str, headers: list[str], code: str
) -> None:
    async with answering(status, body, *headers) as url:
        response = await connector.connect(url, PAT, deployment="datacenter")

    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_https_where_only_http_is_spoken(connector: Connector, cloud: str) -> None:
    response = await connector.connect(cloud.replace("http:", "https:"), CLOUD_TOKEN)

    assert response.json()["code"] == "tls_error"
    assert "with http:// instead of https://" in response.json()["error"]


async def test_a_certificate_that_nobody_vouches_for(connector: Connector, tmp_path: Path) -> None:
    async with answering("200 OK", "{}", certificate=self_signed(tmp_path)) as url:
        response = await connector.connect(url, CLOUD_TOKEN)

    assert response.json()["code"] == "certificate_refused"
    assert response.json()["error"].startswith(
        f"The certificate of {url} is not accepted: self-signed certificate."
    )
