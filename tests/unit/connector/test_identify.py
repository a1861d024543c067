"""Which product answers, by serverInfo alone."""

import base64

import httpx
import pytest

from services.connector.diagnosis.refusals import Refusal
from services.connector.identify import read_server_info
from services.connector.login import looks_like_pat
from shared.kinds import Deployment


@pytest.mark.parametrize(
    ("info", "deployment"),
    [
        ({"deploymentType": "Cloud", "version": "1001.0.0-SNAPSHOT"}, Deployment.CLOUD),
        ({"deploymentType": "Server", "versionNumbers": [10, 3, 5]}, Deployment.DATA_CENTER),
        ({"deploymentType": "DataCenter"}, Deployment.DATA_CENTER),
        ({"versionNumbers": [7, 0, 0]}, Deployment.DATA_CENTER),  # a very old server
    ],
)
def test_the_product(info: dict[str, object], deployment: Deployment) -> None:
    server = read_server_info(httpx.Response(200, json=info | {"serverTitle": "Ours"}), site="https://a")

    assert (server.deployment, server.title) == (deployment, "Ours")


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (httpx.Response(200, json={"shop": 1}), "not_jira"),
        (httpx.Response(400, text="what?"), "not_jira"),
        (httpx.Response(401, json={"code": 401, "message": "Unauthorized"}), "not_jira"),
        (httpx.Response(404, text="nothing"), "not_jira"),
        (httpx.Response(200, html="<form>"), "login_page"),
        (httpx.Response(302, headers={"location": "/login.jsp"}), "redirected"),
        (httpx.Response(502, text="bad"), "jira_unavailable"),
    ],
)
def test_anything_else(response: httpx.Response, code: str) -> None:
    with pytest.raises(Refusal) as raised:
        read_server_info(response, site="https://a")

    assert raised.value.code == code
    assert "https://a" in raised.value.sentence or raised.value.jira_message


def test_a_personal_access_token_is_known_by_its_form() -> None:
    assert looks_like_pat(base64.b64encode(b"123456789012:" + b"\xf0" * 20).decode())
    for other in ("", "pat-token", "ATATT3xFfGF0", base64.b64encode(b"anna:secret").decode()):
        assert not looks_like_pat(other)
