"""What the tests of the fetcher share."""

from tests.support.fetching import fetcher, runs, store, wire

__all__ = ["fetcher", "runs", "store", "wire"]
