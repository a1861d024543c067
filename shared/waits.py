"""Where time goes: seconds of waiting for Jira's limit, for Jira's answers, for the broker, for the store."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from prometheus_client import CollectorRegistry, Counter

from shared.kinds import WaitingFor


@dataclass(slots=True)
class _Account:
    """The seconds so far, and how many are waiting since then."""

    spent: float = 0.0
    waiting: int = 0
    since: float = 0.0

    def settle(self, now: float) -> float:
        self.spent += self.waiting * (now - self.since)
        self.since = now
        return self.spent


class Waits:
    """Sums by word; what is about Jira also by site. Threads may add: the store's driver works in some."""

    def __init__(self, registry: CollectorRegistry, *, clock: Callable[[], float] = monotonic) -> None:
        self._metric = Counter(
            "jira_import_wait_seconds",
            "Time spent waiting, of all tasks together, by what for (jira_limit, jira, broker, store).",
            ["what"],
            registry=registry,
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._accounts: dict[tuple[WaitingFor, str], _Account] = defaultdict(_Account)

    def add(self, waiting_for: WaitingFor, seconds: float, site: str = "") -> None:
        """Note that somebody has waited."""
        self._metric.labels(waiting_for).inc(seconds)
        with self._lock:
            self._accounts[waiting_for, site].spent += seconds

    @contextmanager
    def on(self, waiting_for: WaitingFor, site: str = "") -> Iterator[None]:
        """Note the time that the block takes, while it takes it."""
        began = self._shift(waiting_for, site, 1)
        try:
            yield
        finally:
            ended = self._shift(waiting_for, site, -1)
            self._metric.labels(waiting_for).inc(ended - began)

    def spent(self, site: str) -> dict[WaitingFor, float]:
        """Return the seconds up to now: for one site's Jira, and for what all sites share."""
        with self._lock:
            now = self._clock()
            return {
                word: sum(self._accounts[word, name].settle(now) for name in {site, ""})
                for word in WaitingFor
            }

    def _shift(self, waiting_for: WaitingFor, site: str, by: int) -> float:
        with self._lock:
            account, now = self._accounts[waiting_for, site], self._clock()
            account.settle(now)
            account.waiting += by
            return now
