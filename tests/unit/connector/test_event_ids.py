"""Ids of streamed events sort as the topic does."""

from hypothesis import given
from hypothesis import strategies as st

from services.connector.event_log import _key

OFFSETS = st.integers(0, 10**15)


@given(OFFSETS, OFFSETS)
def test_keys_sort_by_offset(first: int, second: int) -> None:
    assert (_key("i", 3, first) < _key("i", 3, second)) is (first < second)
    assert "i:" < _key("i", 0, first) < "i;"
