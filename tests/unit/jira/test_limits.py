"""Every header by which Jira speaks of its limits: how long to wait, who has to, and what is left."""

from datetime import UTC, datetime

import httpx
import pytest

from shared.jira.limits import EVERYTHING, Bucket, Limits

NOW = datetime(2026, 3, 26, 15, 59, 30, tzinfo=UTC)
SEARCH = "POST /rest/api/{api}/search/jql"
BUCKET = {
    "X-RateLimit-Limit": "50",
    "X-RateLimit-FillRate": "10",
    "X-RateLimit-Interval-Seconds": "60",
}
QUOTA = {
    "RateLimit-Policy": '"global-app-quota";q=65000;w=3600, "tenant-app-quota";q=130000;w=3600',
    "RateLimit": '"global-app-quota";r=0;t=900, "tenant-app-quota";r=70000;t=901',
}


def read(headers: dict[str, str], status: int = 429) -> Limits:
    return Limits.of(httpx.Response(status, headers=headers), SEARCH, now=NOW)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7),
        ({"RETRY-AFTER": "7", "X-RateLimit-Reset": "2026-03-26T16:00Z"}, 7),
        ({"Retry-After": "Thu, 26 Mar 2026 16:00:00 GMT"}, 30),
        ({"X-RateLimit-Reset": "2026-03-26T16:00Z"}, 30),
        ({"x-ratelimit-reset": "2026-03-26T16:00:10Z"}, 40),
        ({"Retry-After": "0"}, None),
        (QUOTA, 900),
        ({f"Beta-{name}": value for name, value in QUOTA.items()}, 900),
        ({"RateLimit": '"a";r=0;t=5, "b";r=0;t=9, "c";r=3;t=99'}, 9),
        ({"RateLimit": "nonsense;;r=;t=x"}, None),
        ({}, None),
    ],
)
def test_how_long_a_refusal_asks_to_wait(headers: dict[str, str], wait: float | None) -> None:
    assert read(headers).wait == wait


@pytest.mark.parametrize(
    ("headers", "family"),
    [
        ({}, SEARCH),
        ({"RateLimit-Reason": "jira-burst-based"}, SEARCH),
        ({"ratelimit-reason": "Jira-Burst-Based"}, SEARCH),
        ({"RateLimit-Reason": "jira-per-issue-on-write"}, SEARCH),
        ({"RateLimit-Reason": "jira-quota-global-based"}, EVERYTHING),
        ({"RateLimit-Reason": "jira-quota-tenant-based"}, EVERYTHING),
        ({"RateLimit-Reason": "jira-cost-based"}, EVERYTHING),
        (
            {"RateLimit-Reason": "jira-max-concurrent-threads-across-all-instances-per-tenant-per-user"},
            EVERYTHING,
        ),
        ({"RateLimit-Reason": "something-new"}, EVERYTHING),
        ({"X-Ratelimit-Limit": "360000", "X-Ratelimit-Reset": "2026-03-26T16:00Z"}, EVERYTHING),
        ({**BUCKET, "X-RateLimit-Remaining": "0", "Retry-After": "60"}, EVERYTHING),
    ],
)
def test_whom_a_refusal_concerns(headers: dict[str, str], family: str) -> None:
    assert read(headers).family == family


@pytest.mark.parametrize(
    ("headers", "near"),
    [
        ({}, False),
        ({"X-RateLimit-NearLimit": "true"}, True),
        ({"X-RateLimit-NearLimit": "TRUE "}, True),
        ({"X-RateLimit-NearLimit": "false"}, False),
        ({"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "39"}, True),
        ({"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "40"}, False),
        ({"X-RateLimit-Remaining": "0"}, False),
        ({"RateLimit-Policy": '"a";q=100;w=60', "RateLimit": '"a";r=19;t=30'}, True),
        ({"RateLimit-Policy": '"a";q=100;w=60', "RateLimit": '"a";r=20;t=30'}, False),
        ({"RateLimit": '"a";r=1;t=30'}, False),  # of how many is not said
        ({**BUCKET, "X-RateLimit-Remaining": "1"}, False),  # is paced by its numbers instead
    ],
)
def test_what_an_answer_says_before_it_is_too_late(headers: dict[str, str], near: bool) -> None:
    found = read(headers, 200)
    assert (found.near, found.refused, found.wait) == (near, False, None)


@pytest.mark.parametrize(
    ("headers", "bucket"),
    [
        ({**BUCKET, "X-RateLimit-Remaining": "49", "Retry-After": "0"}, Bucket(50, 49, 10, 60.0)),
        (BUCKET, None),  # how many are left is not said
        ({"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "199"}, None),  # Cloud
        ({**BUCKET, "X-RateLimit-Remaining": "9", "X-RateLimit-FillRate": "0"}, None),
    ],
)
def test_the_bucket_of_data_center_is_on_every_answer(headers: dict[str, str], bucket: Bucket | None) -> None:
    assert read(headers, 200).bucket == bucket


def test_an_answer_of_an_overloaded_server_may_name_a_time_too() -> None:
    assert read({"Retry-After": "5"}, 503).wait == 5
    assert read({"Retry-After": "5"}, 503).family == SEARCH
    assert read({"Retry-After": "5"}, 500).wait is None
    assert read({"X-RateLimit-Reset": "2026-03-26T16:00Z"}, 200).wait is None
