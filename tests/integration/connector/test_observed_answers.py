"""Every error answer seen from real Jira, at each step of connecting: the code that the admin is answered."""

import json
from pathlib import Path
from typing import Final

import pytest

from deploy.embedded.simulator import SimulatorOptions
from tests.support.connector import CLOUD, CLOUD_TOKEN, PAT, Connector
from tests.support.simulator import Simulators

STEPS: Final = {
    "cloud": ("/rest/api/2/serverInfo", "/rest/api/3/myself", "/rest/api/3/project/search"),
    "dc": ("/rest/api/2/serverInfo", "/rest/api/2/myself", "/rest/api/2/project"),
}
# The code at each step. A Data Center may keep its product to itself until somebody logs in.
CODES: Final = {
    "cloud-site-basic-bad-myself": "not_jira scope_missing_read_me jira_refused",
    "cloud-site-json-401": "not_jira scope_missing_read_me jira_refused",
    "cloud-site-basic-bad-project-search": "not_jira scope_missing_read_me jira_refused",
    "cloud-site-basic-bad-issue": "not_jira cloud_token_refused jira_refused",
    "cloud-site-bearer-opaque": "not_jira forbidden forbidden",
    "cloud-gateway-scope": (
        "scope_missing_read_jira_work scope_missing_read_jira_user scope_missing_read_jira_work"
    ),
    "cloud-gateway-bad-cred": "not_jira cloud_token_refused jira_refused",
    "cloud-old-search": "not_jira jira_refused no_projects_visible",
    "cloud-unbounded": "not_jira jira_refused jira_refused",
    "cloud-maxresults": "not_jira jira_refused jira_refused",
    "cloud-jql-syntax": "not_jira jira_refused jira_refused",
    "cloud-page-token": "not_jira jira_refused jira_refused",
    "cloud-no-body": "not_jira jira_refused jira_refused",
    "cloud-429-json": "rate_limited rate_limited rate_limited",
    "cloud-429-quota": "rate_limited rate_limited rate_limited",
    "cloud-429-html": "rate_limited rate_limited rate_limited",
    "cloud-429-gateway": "rate_limited rate_limited rate_limited",
    "dc-429": "rate_limited rate_limited rate_limited",
    "dc-basic-bad": "ok basic_refused jira_refused",
    "dc-captcha": "ok captcha captcha",
    "dc-basic-disabled": "ok basic_disabled basic_disabled",
    "dc-attachment-login": "ok redirected redirected",
    "dc-window": "jira_unavailable jira_unavailable jira_unavailable",
    "dc-issue-404": "not_jira jira_refused no_projects_visible",
}
OBSERVED: Final = Path(__file__).parents[3].parent / "shared" / "jira" / "errors" / "observed_errors.json"


@pytest.mark.timeout(180)  # sixty connects, and many of them wait before they ask again
@pytest.mark.parametrize("product", STEPS)
async def test_each_observed_answer_at_each_step(
    connector: Connector, simulators: Simulators, product: str
) -> None:
    is_cloud = product == "cloud"
    jira = await simulators(CLOUD if is_cloud else SimulatorOptions(deployment="datacenter", issues=60))
    token, deployment = (CLOUD_TOKEN, "cloud") if is_cloud else (PAT, "datacenter")

    async def code(name: str, route: str) -> str:
        await jira.faults({"kind": "error", "error": name, "route": route})
        response = await connector.connect(jira.url, token, deployment=deployment)
        if response.status_code == 200:
            return "ok"
        assert (response.status_code, bool(response.json()["error"])) == (422, True)
        return str(response.json()["code"])

    expected = {name: codes for name, codes in CODES.items() if name.startswith(product)}
    found = {name: " ".join([await code(name, route) for route in STEPS[product]]) for name in expected}
    assert found == expected


@pytest.mark.skipif(not OBSERVED.exists(), reason="the collection of observed answers is not here")
def test_no_observed_answer_is_left_out() -> None:
    assert {row["id"] for row in json.loads(OBSERVED.read_bytes())} == set(CODES)
