"""Places of streamed events sort as the topic does."""

from hypothesis import given
from hypothesis import strategies as st

from services.connector.event_log import _place

OFFSETS = st.integers(0, 10**15)


@given(OFFSETS, OFFSETS)
def test_places_sort_by_offset(first: int, second: int) -> None:
    assert (_place(3, first) < _place(3, second)) is (first < second)
    assert _place(0, first) > ""
