"""Troubles on demand, counters, latency and edits: the routes under /_sim."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deploy.jira_simulator import accounts
from deploy.jira_simulator.observed import NAMES, observed
from tests.unit.jira_simulator.conftest import Start, running

MYSELF = "/rest/api/3/myself"
FIELDS = "/rest/api/3/field"


@pytest.fixture(scope="module")
def shared_client() -> Iterator[httpx.Client]:
    with running("--issues", "30") as client:
        yield client


@pytest.fixture
def client(shared_client: httpx.Client) -> Iterator[httpx.Client]:
    """One simulator for all tests here, whole again after each."""
    yield shared_client
    shared_client.delete("/_sim/faults")
    shared_client.delete("/_sim/limits")
    shared_client.post("/_sim/latency", json={"ms": 0})


def _break(client: httpx.Client, **rule: Any) -> None:
    assert client.post("/_sim/faults", json=[rule]).status_code == 200


def _statuses(client: httpx.Client, path: str, times: int) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_every_nth_request(client: httpx.Client) -> None:
    _break(client, route=MYSELF, every=3, kind="429-json")

    assert _statuses(client, MYSELF, 6) == [200, 200, 429] * 2
    assert _statuses(client, FIELDS, 3) == [200] * 3


def test_the_first_few_requests_after_some(client: httpx.Client) -> None:
    _break(client, times=2, after=1, kind="503-retry-after")

    assert _statuses(client, FIELDS, 5) == [200, 503, 503, 200, 200]


def test_a_share_of_the_requests_by_a_seeded_dice(start: Start) -> None:
    rules = '[{"kind": "500", "probability": 0.5}]'
    seen = [_statuses(start("--issues", "5", "--fault", rules), FIELDS, 20) for _ in range(2)]

    assert seen[0] == seen[1]
    assert set(seen[0]) == {200, 500}


@pytest.mark.parametrize(
    ("kind", "status", "present", "absent"),
    [
        ("429-json", 429, "ratelimit-reason", "x-ratelimit-fillrate"),
        ("429-html", 429, "content-type", "retry-after"),
        ("429-gateway", 429, "x-ratelimit-reset", "retry-after"),
        ("429-bare", 429, "content-type", "x-ratelimit-limit"),
        ("429-dc", 429, "x-ratelimit-fillrate", "x-ratelimit-reset"),
        ("500", 500, "content-type", "retry-after"),
        ("502", 502, "content-type", "retry-after"),
        ("503", 503, "content-type", "retry-after"),
        ("503-retry-after", 503, "retry-after", "x-ratelimit-limit"),
        ("401", 401, "content-type", "retry-after"),
        ("403", 403, "content-type", "retry-after"),
        ("html-200", 200, "content-type", "retry-after"),
    ],
)
def test_the_faces_of_trouble(
    client: httpx.Client, kind: str, status: int, present: str, absent: str
) -> None:
    _break(client, kind=kind)

    response = client.get(FIELDS)

    assert response.status_code == status
    assert present in response.headers
    assert absent not in response.headers


def test_a_cut_connection(client: httpx.Client) -> None:
    _break(client, kind="cut", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(FIELDS)
    assert client.get(FIELDS).status_code == 200


def test_a_cut_download(client: httpx.Client) -> None:
    _break(client, kind="cut", route="/rest/api/3/attachment/content/{id}")

    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/rest/api/3/attachment/content/30044", params={"redirect": "false"})


def test_truncated_json_arrives_as_a_whole_answer(client: httpx.Client) -> None:
    _break(client, kind="truncated-json")

    response = client.get(FIELDS)

    assert response.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        response.json()


def test_a_credential_dies_and_comes_back(client: httpx.Client) -> None:
    _break(client, kind="expire", route=FIELDS, times=1)

    assert _statuses(client, MYSELF, 1) == [200]
    assert client.get(FIELDS).headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED"
    assert _statuses(client, MYSELF, 1) == [401]
    client.delete("/_sim/faults")
    assert _statuses(client, MYSELF, 1) == [200]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_observed_errors_can_be_asked_for_by_name(name: str, client: httpx.Client) -> None:
    _break(client, kind="error", error=name)
    expected = observed(name)

    response = client.get(FIELDS)

    assert (response.status_code, response.content) == (expected.status, expected.body)


@pytest.mark.parametrize("rule", [{"kind": "nonsense"}, {"every": 2}, {"kind": "500", "colour": "red"}])
def test_rules_that_mean_nothing_are_refused(client: httpx.Client, rule: dict[str, Any]) -> None:
    assert client.post("/_sim/faults", json=[rule]).status_code == 400


def test_slowness_and_latency(client: httpx.Client) -> None:
    _break(client, kind="slow", ms=60, times=1)
    client.post("/_sim/latency", json={"ms": 40})

    began = time.perf_counter()
    client.get(FIELDS)
    slow = time.perf_counter()
    client.get(FIELDS)

    assert slow - began >= 0.1
    assert time.perf_counter() - slow >= 0.04


def test_requests_are_counted_by_route(client: httpx.Client) -> None:
    client.delete("/_sim/requests")
    client.get("/rest/api/3/issue/SIM-1")
    client.get("/rest/api/3/issue/SIM-2")
    client.get("/rest/api/3/nowhere")

    counted = client.get("/_sim/requests").json()

    assert counted["by_route"] == {"GET /rest/api/3/issue/{issueIdOrKey}": 2, "GET (unknown path)": 1}
    assert (counted["total"], counted["max_in_flight"]) == (3, 1)


def test_truth_counts_and_names_ids(client: httpx.Client) -> None:
    truth = client.get("/_sim/truth").json()["SIM"]
    comments = client.get("/_sim/truth/SIM/comments").text.split()

    assert (truth["issues"], truth["comments"], truth["worklogs"]) == (30, 207, 74)
    assert len(comments) == len(set(comments)) == truth["comments"]
    assert client.get("/_sim/truth/SIM/colours").status_code == 404


def test_edits_show_at_once(start: Start) -> None:
    client = start("--issues", "30")
    edits = [
        {"op": "edit", "key": "SIM-1", "fields": {"summary": "changed"}},
        {"op": "comment", "key": "SIM-2", "body": "late"},
        {"op": "delete", "key": "SIM-3"},
        {"op": "add", "project": "SIM", "fields": {"summary": "new"}},
    ]
    touched = client.post("/_sim/edits", json=edits).json()["ids"]

    assert touched[:3] == ["10000", "10001", "10002"]
    assert client.get("/rest/api/3/issue/SIM-1").json()["fields"]["summary"] == "changed"
    comments = client.get("/rest/api/3/issue/SIM-2/comment").json()
    assert (comments["total"], comments["comments"][3]["body"]["type"]) == (4, "doc")
    assert client.get("/rest/api/3/issue/SIM-3").status_code == 404
    assert client.get(f"/rest/api/3/issue/{touched[3]}").json()["key"] == "SIM-31"
    assert client.get("/_sim/truth").json()["SIM"]["issues"] == 30


def test_edits_happen_between_two_requests(start: Start) -> None:
    client = start("--issues", "30")
    edits = [{"op": "hide", "key": "SIM-3"}]
    client.post("/_sim/faults", json=[{"kind": "edit", "after": 1, "times": 1, "edits": edits}])

    statuses = [client.get("/rest/api/3/issue/SIM-3").status_code for _ in range(2)]
    client.post("/_sim/edits", json=[{"op": "show", "key": "SIM-3"}])

    assert statuses == [200, 404]
    assert client.get("/rest/api/3/issue/SIM-3").status_code == 200


@pytest.mark.parametrize(
    "edit", [{"op": "paint", "key": "SIM-1"}, {"op": "edit", "key": "NO-1"}, {"op": "add"}]
)
def test_edits_that_mean_nothing_are_refused(client: httpx.Client, edit: dict[str, Any]) -> None:
    assert client.post("/_sim/edits", json=[edit]).status_code == 400


def test_admin_routes_ask_for_no_login(client: httpx.Client) -> None:
    assert httpx.get(client.base_url.join("/_sim/requests")).status_code == 200
    assert accounts.CLASSIC_TOKEN not in client.get("/_sim/faults").text


def _limit(client: httpx.Client, **limit: Any) -> None:
    assert client.post("/_sim/limits", json=[limit]).status_code == 200


def test_a_burst_limit_counts_each_endpoint_for_itself(client: httpx.Client) -> None:
    _limit(client, kind="burst", rate=0.5, size=10)
    answers = [client.get(FIELDS) for _ in range(11)]

    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert [one.headers["x-ratelimit-remaining"] for one in answers] == [*map(str, range(9, -1, -1)), "0"]
    assert ["x-ratelimit-nearlimit" in one.headers for one in answers] == [False] * 8 + [True] * 3
    refused = answers[-1]
    assert refused.headers["ratelimit-reason"] == "jira-burst-based"
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["x-ratelimit-reset"].endswith("Z")
    assert refused.json()["status"] == 429
    assert client.get(MYSELF).status_code == 200


def test_a_quota_holds_for_all_endpoints_until_its_window_ends(client: httpx.Client) -> None:
    _limit(client, kind="quota", points=2, window=60, scope="tenant")
    answers = [client.get(path) for path in (FIELDS, MYSELF, FIELDS)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"tenant-app-quota";q=2;w=60'
    assert answers[2].headers["ratelimit"] == '"tenant-app-quota";r=0;t=60'
    assert answers[2].headers["ratelimit-reason"] == "jira-quota-tenant-based"
    assert answers[2].headers["retry-after"] == "60"


def test_a_quota_that_is_not_in_force_only_says_so(client: httpx.Client) -> None:
    _limit(client, kind="quota", points=1, window=60, beta=True)
    answers = [client.get(FIELDS) for _ in range(3)]

    assert [one.status_code for one in answers] == [200] * 3
    assert answers[2].headers["beta-ratelimit"] == '"global-app-quota";r=0;t=60'
    assert "ratelimit" not in answers[2].headers


def test_the_bucket_of_data_center_is_on_every_answer(start: Start) -> None:
    client = start("--deployment", "datacenter", "--issues", "5")
    _limit(client, kind="bucket", size=3, fill=2, interval=30)
    answers = [client.get("/rest/api/2/myself") for _ in range(4)]

    assert [one.status_code for one in answers] == [200] * 3 + [429]
    assert [one.headers["x-ratelimit-remaining"] for one in answers] == ["2", "1", "0", "0"]
    assert [one.headers["retry-after"] for one in answers] == ["0", "0", "30", "30"]
    assert {one.headers["x-ratelimit-fillrate"] for one in answers} == {"2"}
    assert "Rate limit exceeded." in answers[3].text
    other = client.get("/rest/api/2/myself", auth=("admin", "admin"))
    assert other.status_code == 200


def test_tokens_come_back(client: httpx.Client) -> None:
    _limit(client, kind="burst", rate=20, size=1)
    assert _statuses(client, FIELDS, 2) == [200, 429]
    deadline = time.monotonic() + 5
    while client.get(FIELDS).status_code == 429:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("limit", [{"kind": "speed"}, {"kind": "burst", "colour": "red"}, {"rate": 1}])
def test_limits_that_mean_nothing_are_refused(client: httpx.Client, limit: dict[str, Any]) -> None:
    assert client.post("/_sim/limits", json=[limit]).status_code == 400
