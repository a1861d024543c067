"""What one site may be asked by this process, and when: cool-downs, pace and requests in flight."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from typing import Final, NamedTuple

import httpx

from shared.jira.concurrency import REFUSED, WARNED, Concurrency, Latency
from shared.jira.errors import JiraCoolingDownError
from shared.jira.limits import EVERYTHING, Limits
from shared.jira.pacing import Pacing
from shared.jira.patience import held_up
from shared.kinds import WaitingFor
from shared.waits import Waits

LONGEST_WAIT: Final = 25.0  # seconds; whoever has to wait longer leaves its place to others and comes back
FIRST_IN_FLIGHT: Final = 5  # two fetchers: the ten that Atlassian advises at most
_FIRST_WAIT: Final = 2.0  # where a refusal names no time; doubled with each: Atlassian's own advice
_LONGEST_GUESS: Final = 30.0
LONGEST_COOL_DOWN: Final = 3600.0  # quotas are filled each hour; what names more is asked again then
_AT_ONCE: Final = 5.0  # seconds; a longer sleep might miss that the pace has quickened
_SAME: Final = 0.25  # seconds; by less, clocks differ: it is the cool-down that is known already
_BREAK: Final = 0.5  # seconds; half of what Cloud gives back in a second
_OVERLOADED: Final = frozenset({502, 503, 504})  # and Jira may say so without naming a time


class CoolDown(NamedTuple):
    """Until when (on the budget's clock) requests of a family are to wait."""

    until: float
    reason: str


_NONE: Final = CoolDown(0.0, "")


class Budget:
    """One per site and process. Cool-downs are shared with other processes by `Budgets`.

    Jira Cloud counts each endpoint for itself: they are families. Data Center counts all requests together.
    """

    def __init__(
        self,
        *,
        families: bool,
        most: int,
        waits: Waits,
        site: str = "",
        on_cool_down: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.site = site
        self.fresh: dict[str, CoolDown] = {}  # by family: what others do not know yet
        self._families = families
        self._waits = waits
        self._on_cool_down = on_cool_down
        self._clock = clock
        self._first = min(FIRST_IN_FLIGHT, most)
        self._places = Concurrency(first=self._first, most=most)
        self._pacing = Pacing()
        self._pace = asyncio.Lock()
        self._cool: dict[str, CoolDown] = {}
        self._refusals: dict[str, int] = {}  # in a row, by family
        self._latency: dict[str, Latency] = defaultdict(Latency)  # by endpoint

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return self._places.limit

    def remaining(self, endpoint: str) -> float:
        """Return the seconds until the cool-down that concerns an endpoint ends."""
        ends = (self._cool[key].until for key in (EVERYTHING, self._family(endpoint)) if key in self._cool)
        return max(0.0, max(ends, default=0.0) - self._clock())

    @asynccontextmanager
    async def place(self, endpoint: str, *, patience: float = LONGEST_WAIT) -> AsyncIterator[float]:
        """Hold a place in flight, from when the limits let an endpoint be asked; yields that moment.

        Raises JiraCoolingDownError where it would have to wait for longer than `patience`.
        """
        while True:
            await self._cooled_down(endpoint, patience)
            await self._paced()
            await self._enter()
            if self.remaining(endpoint) == 0:
                break
            self._places.leave()  # a refusal came in meanwhile
        try:
            yield self._clock()
        finally:
            self._places.leave()

    def learn(self, endpoint: str, response: httpx.Response, *, asked_at: float) -> None:
        """Take in what an answer says about the limits."""
        now, family = self._clock(), self._family(endpoint)
        limits = Limits.of(response, family)
        if limits.bucket:
            self._pacing.learn(limits.bucket, now=now)
        if limits.refused or limits.wait:
            self._refused(limits, asked_at=asked_at, now=now)
        elif response.status_code in _OVERLOADED:
            self._places.cut(REFUSED, asked_at=asked_at, now=now)
        elif limits.near or self._latency[endpoint].rises(now - asked_at):
            self._warned(limits, asked_at=asked_at, now=now)
        elif response.status_code < 400:
            for key in (EVERYTHING, family):
                self._refusals.pop(key, None)
            self._places.succeeded()

    def adopt(self, family: str, seconds: float, reason: str) -> None:
        """Take over a cool-down that another process was told to keep; a longer one under way stays."""
        now = self._clock()
        known = self._cool[family].until if family in self._cool else now
        if now + seconds > known + _SAME:
            self._cool[family] = CoolDown(now + seconds, reason)
            self._places.cut(REFUSED, asked_at=now, now=now)

    def _warned(self, limits: Limits, *, asked_at: float, now: float) -> None:
        """Ask less at once; and where one at a time is still too much, with breaks."""
        if limits.near and self.limit == 1 and now > self._cool.get(limits.family, _NONE).until:
            self._cool[limits.family] = CoolDown(now + _BREAK, "near-limit")
        self._places.cut(WARNED, asked_at=asked_at, now=now)

    def _refused(self, limits: Limits, *, asked_at: float, now: float) -> None:
        """Cool down; answers to requests that were under way together are one refusal."""
        if self._places.cut(REFUSED, asked_at=asked_at, now=now) or limits.family not in self._refusals:
            self._refusals[limits.family] = self._refusals.get(limits.family, 0) + 1
        guess = min(_LONGEST_GUESS, _FIRST_WAIT * 2 ** (self._refusals[limits.family] - 1))
        seconds = min(LONGEST_COOL_DOWN, guess if limits.wait is None else limits.wait)
        cool_down = CoolDown(now + seconds, limits.reason)
        if limits.family not in self._cool or self._cool[limits.family].until < cool_down.until:
            self._cool[limits.family] = self.fresh[limits.family] = cool_down
            self._on_cool_down()

    def _family(self, endpoint: str) -> str:
        return endpoint if self._families else EVERYTHING

    async def _cooled_down(self, endpoint: str, patience: float) -> None:
        while wait := self.remaining(endpoint):
            if wait > patience:
                raise JiraCoolingDownError(endpoint, retry_after=wait)
            with self._limited():
                await asyncio.sleep(wait)

    async def _paced(self) -> None:
        if not self._pace.locked() and not self._pacing_wait():
            return self._pacing.asked(now=self._clock())
        with self._limited():
            async with self._pace:
                while wait := self._pacing_wait():  # noqa: ASYNC110 - a time
                    await asyncio.sleep(min(wait, _AT_ONCE))
                self._pacing.asked(now=self._clock())

    def _pacing_wait(self) -> float:
        return self._pacing.wait(now=self._clock(), in_flight=self._places.in_flight)

    async def _enter(self) -> None:
        """Take a place; where there are fewer than at the beginning, Jira wants to be spared."""
        if self.limit >= self._first:
            return await self._places.enter()
        with self._limited():
            await self._places.enter()

    @contextmanager
    def _limited(self) -> Iterator[None]:
        with self._waits.on(WaitingFor.JIRA_LIMIT, self.site), held_up():
            yield
