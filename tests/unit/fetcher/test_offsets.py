"""Only what is done may be committed, and all that is before it."""

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from services.fetcher.offsets import Offsets

HERE, THERE = TopicPartition("tasks", 0), TopicPartition("tasks", 1)


def reading(count: int, first: int = 0) -> Offsets:
    offsets = Offsets()
    for offset in range(first, first + count):
        assert offsets.read(HERE, offset)
    return offsets


def test_the_commit_stops_before_the_first_record_that_is_not_done() -> None:
    offsets = reading(5, first=10)
    for offset in (11, 12, 14):
        offsets.done(HERE, offset)
    assert offsets.to_commit({HERE}) == {HERE: 10}
    offsets.done(HERE, 10)
    assert offsets.to_commit({HERE}) == {HERE: 13}
    offsets.done(HERE, 13)
    assert offsets.to_commit({HERE}) == {HERE: 15}
    assert offsets.held(HERE) == 0


def test_what_was_committed_is_not_committed_again() -> None:
    offsets = reading(2)
    offsets.done(HERE, 0)
    offsets.committed(offsets.to_commit({HERE}))
    assert offsets.to_commit({HERE}) == {}


def test_of_a_partition_that_went_away_nothing_is_said_or_remembered() -> None:
    offsets = reading(3)
    offsets.done(HERE, 0)
    assert offsets.to_commit({THERE}) == {}
    offsets.forget({HERE})
    offsets.done(HERE, 1)
    assert (offsets.to_commit({HERE}), offsets.held(HERE), offsets.is_open(HERE, 2)) == ({}, 0, False)


def test_a_record_that_comes_twice_is_one() -> None:
    offsets = reading(1)
    assert not offsets.read(HERE, 0)
    assert offsets.held(HERE) == 1


@given(st.permutations(range(12)), st.integers(0, 12))
def test_in_whatever_order_they_end_nothing_open_is_passed(order: list[int], ended: int) -> None:
    offsets = reading(12)
    for offset in order[:ended]:
        offsets.done(HERE, offset)
    still_open = set(order[ended:])
    assert offsets.to_commit({HERE}) == {HERE: min(still_open, default=12)}
