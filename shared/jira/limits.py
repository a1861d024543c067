"""What an answer says about Jira's limits: whether to wait, how long, who has to, and what is left."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Self

import httpx

EVERYTHING: Final = ""  # the family of all requests to a site
_NEAR: Final = 0.2  # of a limit: where Jira itself begins to say that it is near
# What counts requests of one endpoint. All other reasons, those to come included, concern the whole account.
_OF_A_FAMILY: Final = ("burst", "per-issue")
# `"global-app-quota";r=0;t=120`, several of them separated by commas.
_POLICY: Final = re.compile(r'"?([\w.-]+)"?((?:\s*;\s*\w+\s*=[^;,]*)+)')


@dataclass(frozen=True, slots=True)
class Bucket:
    """Data Center's bucket of tokens: one is taken by each request, `fill` come back in each interval."""

    size: int
    left: int
    fill: int
    interval: float  # seconds

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self | None:
        """Read it from an answer; None where rate limiting is off, and on Cloud."""
        size, left, fill, interval = (
            _number(headers, f"x-ratelimit-{name}")
            for name in ("limit", "remaining", "fillrate", "interval-seconds")
        )
        if not (size and fill and interval) or left is None:
            return None
        return cls(size, left, fill, float(interval))


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits as one answer shows them."""

    refused: bool  # 429
    wait: float | None  # seconds that the answer asks for
    reason: str
    family: str  # whom a wait concerns: requests of this family, or EVERYTHING
    near: bool  # little is left
    bucket: Bucket | None

    @classmethod
    def of(cls, response: httpx.Response, family: str, *, now: datetime | None = None) -> Self:
        """Read them from an answer to a request of a family."""
        headers, refused = response.headers, response.status_code == 429
        bucket, reason = Bucket.of(headers), headers.get("ratelimit-reason", "").lower()
        wait = retry_after(headers, now=now) if refused or response.status_code == 503 else None
        if refused and wait is None:
            wait = _reset(headers)
        everything = bucket is not None or _is_gateway(headers) or _is_of_the_account(reason)
        return cls(
            refused=refused,
            wait=wait or None,  # 0 is what Data Center says while there are tokens
            reason=reason,
            family=EVERYTHING if refused and everything else family,
            near=bucket is None and _is_near(headers),
            bucket=bucket,
        )


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Return the seconds to wait that an answer asks for, from Retry-After or X-RateLimit-Reset."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    named = _moment(parsedate_to_datetime, value) or _moment(
        datetime.fromisoformat,
        headers.get("x-ratelimit-reset", ""),  # seen with and without seconds
    )
    return None if named is None else max(0.0, (named - (now or datetime.now(UTC))).total_seconds())


def _is_of_the_account(reason: str) -> bool:
    return bool(reason) and not any(word in reason for word in _OF_A_FAMILY)


def _is_gateway(headers: Mapping[str, str]) -> bool:
    """Tell the gateway in front of all endpoints, which names neither a reason nor seconds to wait."""
    return "x-failure-category" in headers or (
        "x-ratelimit-reset" in headers and "retry-after" not in headers and "ratelimit-reason" not in headers
    )


def _is_near(headers: Mapping[str, str]) -> bool:
    if headers.get("x-ratelimit-nearlimit", "").strip().lower() == "true":
        return True
    left, size = _number(headers, "x-ratelimit-remaining"), _number(headers, "x-ratelimit-limit")
    if left is not None and size:
        return left < _NEAR * size
    quotas = _policies(headers.get("ratelimit-policy", ""))
    return any(
        policy.get("r", quota) < _NEAR * quota
        for name, policy in _policies(headers.get("ratelimit", "")).items()
        if (quota := quotas.get(name, {}).get("q", 0.0))
    )


def _reset(headers: Mapping[str, str]) -> float | None:
    """Return when the last of the quotas that are used up is filled again; `Beta-` ones come into force."""
    policies = [
        policy
        for name in ("ratelimit", "beta-ratelimit")
        for policy in _policies(headers.get(name, "")).values()
    ]
    return max((policy["t"] for policy in policies if policy.get("r") == 0 and "t" in policy), default=None)


def _policies(value: str) -> dict[str, dict[str, float]]:
    """Return the numbers of each policy; what cannot be read is left out."""
    return {name: _numbers(parameters) for name, parameters in _POLICY.findall(value)}


def _numbers(parameters: str) -> dict[str, float]:
    pairs = (part.partition("=") for part in parameters.split(";") if part.strip())
    return {name.strip(): float(given) for name, _, given in pairs if given.strip().isdecimal()}


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "").strip()
    return int(value) if value.isdecimal() else None


def _moment(read: Callable[[str], datetime], value: str) -> datetime | None:
    try:
        moment = read(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
