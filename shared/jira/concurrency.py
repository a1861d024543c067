"""How many requests to a site may be in flight: one more for a round that goes well, half at a refusal."""

import asyncio
from collections import deque
from typing import Final

REFUSED: Final = 0.5  # by what the number is multiplied at a refusal
WARNED: Final = 0.8  # and where a refusal is not far
_AFTER_TROUBLE: Final = 0.25  # places for a round that goes well, once Jira has shown that it has a limit
_SAMPLES: Final = 20  # answers until an endpoint's usual time is known
_SLOW: Final = 3.0  # times the usual, and
_SLOWER_BY: Final = 0.5  # seconds: small answers vary by more than their time
_FAST_SHARE: Final = 0.2  # of the newest answer in the time of late
_USUAL_SHARE: Final = 0.01  # in the usual time: a site that got slow for good is taken as it is, in the end


class Concurrency:
    """Places for requests; their number adapts. Whoever waits for one gets it in the order of asking."""

    def __init__(self, *, first: int, most: int) -> None:
        self._limit = float(min(first, most))
        self._most = float(most)
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._cut_at = float("-inf")
        self._step = 1.0

    @property
    def limit(self) -> int:
        """How many requests may be in flight now: one at least."""
        return int(self._limit)

    @property
    def in_flight(self) -> int:
        """How many are."""
        return self._in_flight

    async def enter(self) -> None:
        """Take a place, when there is one."""
        if self._in_flight < self.limit and not self._waiting:
            self._in_flight += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # it was given a place in the moment when it stopped waiting
            raise

    def leave(self) -> None:
        """Give a place back."""
        self._in_flight -= 1
        self._hand_out()

    def succeeded(self) -> None:
        """Note a good answer; while all places are in use, a round of those brings one place more."""
        if self._in_flight >= self.limit:
            self._limit = min(self._most, self._limit + self._step / self._limit)
            self._hand_out()

    def cut(self, factor: float, *, asked_at: float, now: float) -> bool:
        """Multiply the limit, once for all that was asked before: they tell of one and the same trouble."""
        if asked_at <= self._cut_at:
            return False
        self._cut_at, self._step = now, _AFTER_TROUBLE
        self._limit = max(1.0, self._limit * factor)
        return True

    def _hand_out(self) -> None:
        while self._waiting and self._in_flight < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)


class Latency:
    """Tells when an endpoint answers much more slowly than it used to."""

    def __init__(self) -> None:
        self._samples = 0
        self._usual = 0.0
        self._lately = 0.0

    def rises(self, seconds: float) -> bool:
        """Take an answer's time in, and tell whether answers are slow by now."""
        self._samples += 1
        if self._samples <= _SAMPLES:
            self._usual += (seconds - self._usual) / self._samples
            self._lately = self._usual
            return False
        self._lately += (seconds - self._lately) * _FAST_SHARE
        slow = self._lately > _SLOW * self._usual and self._lately > self._usual + _SLOWER_BY
        self._usual += (seconds - self._usual) * _USUAL_SHARE
        return slow
