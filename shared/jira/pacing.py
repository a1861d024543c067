"""Data Center's bucket of tokens: asking more slowly the less is left, so that it never runs dry."""

from shared.jira.limits import Bucket


class Pacing:
    """The time between two requests, from what the last answer said.

    Above half of the bucket requests go out as they come. Below, their rate is the rate at which tokens come
    back, times the square of the share of that half that is left: however many processes do this, together
    they come to rest where as much is taken as comes back, without knowing of each other. A square, since
    tokens may come back all at once at the end of an interval: what is left must last until then.
    """

    def __init__(self) -> None:
        self._bucket: Bucket | None = None
        self._seen_at = 0.0
        self._asked_at = float("-inf")

    def learn(self, bucket: Bucket, *, now: float) -> None:
        """Take in what an answer says."""
        self._bucket, self._seen_at = bucket, now

    def asked(self, *, now: float) -> None:
        """Note that a request goes out."""
        self._asked_at = now

    def wait(self, *, now: float, in_flight: int = 0) -> float:
        """Return after how many seconds the next request may go out; an interval at most.

        What is in flight may not have been counted when the last answer was given.
        """
        bucket = self._bucket
        if bucket is None:
            return 0.0
        half = bucket.size / 2
        back = (now - self._seen_at) * bucket.fill / bucket.interval
        left = min(bucket.left + back, bucket.size) - in_flight
        if left > half:
            return 0.0
        between = bucket.interval / bucket.fill * (half / max(left, 1.0)) ** 2
        return max(0.0, self._asked_at + min(between, bucket.interval) - now)
