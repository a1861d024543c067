"""Jira's rate limits as documented: bursts and quotas on Cloud, a bucket for each user on Data Center."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Protocol

from deploy.jira_simulator.errors import JSON, Refused
from deploy.jira_simulator.observed import LIMITED, TOMCAT_429

_NEAR = 0.2
_LIMITED_PATHS = ("/rest/", "/secure/")  # the media host has limits of its own


@dataclass(slots=True)
class Charge:
    """What a limit adds to an answer, or what it answers instead."""

    headers: dict[str, str] = field(default_factory=dict)
    refused: Refused | None = None


class Limit(Protocol):
    def charge(self, route: str, user: str, now: float) -> Charge: ...


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


@dataclass(kw_only=True)
class Burst:
    """A bucket for each endpoint and method, shared by all who ask; tokens come back all the time."""

    rate: float = 100.0  # a second
    size: int = 100
    route: str = "*"
    _buckets: dict[str, _Bucket] = field(default_factory=dict, init=False)

    def charge(self, route: str, user: str, now: float) -> Charge:
        if self.route not in ("*", route, route.partition(" ")[2]):
            return Charge()
        bucket = self._buckets.setdefault(route, _Bucket(float(self.size), now))
        bucket.tokens = min(self.size, bucket.tokens + (now - bucket.filled_at) * self.rate)
        bucket.filled_at = now
        refused = bucket.tokens < 1
        bucket.tokens -= 0 if refused else 1
        headers = _counted(self.size, int(bucket.tokens))
        if not refused:
            return Charge(headers)
        return _refusal(headers, wait=math.ceil((1 - bucket.tokens) / self.rate), reason="jira-burst-based")


@dataclass(kw_only=True)
class Quota:
    """So many requests of all together in a window; with `beta` it is announced and not in force.

    Real points depend on what an answer holds; here each request costs one.
    """

    points: int = 65_000
    window: float = 3600.0
    scope: str = "global"  # or tenant
    beta: bool = False
    _used: int = field(default=0, init=False)
    _ends_at: float = field(default=0.0, init=False)

    def charge(self, route: str, user: str, now: float) -> Charge:
        if now >= self._ends_at:
            self._used, self._ends_at = 0, now + self.window
        refused = self._used >= self.points and not self.beta
        self._used += not refused
        left, wait = max(0, self.points - self._used), math.ceil(self._ends_at - now)
        policy, prefix = f'"{self.scope}-app-quota"', "beta-" if self.beta else ""
        headers = {
            f"{prefix}ratelimit-policy": f"{policy};q={self.points};w={self.window:.0f}",
            f"{prefix}ratelimit": f"{policy};r={left};t={wait}",
        }
        if self.beta:
            return Charge(headers)
        headers |= _counted(self.points, left)
        if not refused:
            return Charge(headers)
        return _refusal(headers, wait=wait, reason=f"jira-quota-{self.scope}-based")


@dataclass(kw_only=True)
class NodeBucket:
    """Data Center: a bucket for each user; `fill` tokens come back at the end of each interval."""

    size: int = 50
    fill: int = 10
    interval: float = 60.0
    _buckets: dict[str, _Bucket] = field(default_factory=dict, init=False)

    def charge(self, route: str, user: str, now: float) -> Charge:
        bucket = self._buckets.setdefault(user, _Bucket(self.size, now))
        intervals = int((now - bucket.filled_at) / self.interval)
        bucket.filled_at += intervals * self.interval
        bucket.tokens = min(self.size, bucket.tokens + intervals * self.fill)
        refused = bucket.tokens < 1
        bucket.tokens -= 0 if refused else 1
        wait = 0 if bucket.tokens else math.ceil(bucket.filled_at + self.interval - now)
        headers = {
            "x-ratelimit-limit": str(self.size),
            "x-ratelimit-remaining": str(int(bucket.tokens)),
            "x-ratelimit-fillrate": str(self.fill),
            "x-ratelimit-interval-seconds": f"{self.interval:g}",
            "retry-after": str(wait),
        }
        return Charge(headers, Refused(429, TOMCAT_429, headers) if refused else None)


_KINDS: dict[str, Callable[..., Limit]] = {"burst": Burst, "quota": Quota, "bucket": NodeBucket}


class Limits:
    """The limits in force; each request is charged to all of them."""

    def __init__(self, given: list[dict[str, Any]] | tuple[dict[str, Any], ...] = ()) -> None:
        self.replace(given)

    def replace(self, given: list[dict[str, Any]] | tuple[dict[str, Any], ...]) -> None:
        """Raises ValueError or TypeError for a limit that does not exist."""
        self._limits = [_limit(**one) for one in given]

    def charge(self, route: str, user: str) -> Charge:
        charged = Charge()
        if not route.partition(" ")[2].startswith(_LIMITED_PATHS):
            return charged
        now = monotonic()
        for limit in self._limits:
            charge = limit.charge(route, user, now)
            charged.headers |= charge.headers
            charged.refused = charged.refused or charge.refused
        return charged


def _limit(kind: str, **options: Any) -> Limit:
    if kind not in _KINDS:
        raise ValueError(f"limits are {sorted(_KINDS)}, not {kind!r}")
    return _KINDS[kind](**options)


def _counted(size: int, left: int) -> dict[str, str]:
    near = {"x-ratelimit-nearlimit": "true"} if left < _NEAR * size else {}
    return {"x-ratelimit-limit": str(size), "x-ratelimit-remaining": str(left), **near}


def _refusal(headers: dict[str, str], *, wait: int, reason: str) -> Charge:
    reset = (datetime.now(UTC) + timedelta(seconds=wait)).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = {"retry-after": str(wait), "x-ratelimit-reset": reset, "ratelimit-reason": reason}
    return Charge(headers, Refused(429, LIMITED, {"content-type": JSON, **headers, **given}))
