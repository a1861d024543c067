"""Sets of ids against Python's own."""

from hypothesis import given
from hypothesis import strategies as st

from shared.id_sets import IdSet

IDS = st.one_of(
    st.integers(min_value=0, max_value=10**20).map(str),
    st.sampled_from(
        ["", "0", "007", "00", "-1", "+1", "1_000", "٣", "²", "JIRAUSER10100", "557058:a-b", "a b"]
    ),
)


@given(st.sets(IDS), st.sets(IDS))
def test_it_is_a_set(one: set[str], two: set[str]) -> None:
    left, right = IdSet(one), IdSet(two)
    assert set(left) == one
    assert len(left) == len(one)
    assert set(left & right) == one & two
    assert set(left | right) == one | two
    assert set(left - right) == one - two
    assert [id_ in left for id_ in two] == [id_ in one for id_ in two]
    assert (left == right) == (one == two)


def test_numbers_come_in_their_order() -> None:
    assert list(IdSet(["b", "10", "9", "a"])) == ["9", "10", "a", "b"]
