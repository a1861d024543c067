"""What the tests of shared state share."""

from tests.support.fetching import store

__all__ = ["store"]
