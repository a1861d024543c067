"""How often each route was asked, so that tests and benches can assert on calls."""

from collections import Counter


class Counters:
    def __init__(self) -> None:
        self.by_route: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self.max_in_flight = 0
        self._in_flight = 0

    def enter(self, route: str) -> None:
        self.by_route[route] += 1
        self._in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self._in_flight)

    def leave(self, status: int) -> None:
        self._in_flight -= 1
        self.by_status[status] += 1

    def reset(self) -> None:
        self.by_route.clear()
        self.by_status.clear()
        self.max_in_flight = self._in_flight

    def shown(self) -> dict[str, object]:
        return {
            "total": self.by_route.total(),
            "by_route": dict(self.by_route),
            "by_status": {str(status): count for status, count in self.by_status.items()},
            "max_in_flight": self.max_in_flight,
        }
