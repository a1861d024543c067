"""Nothing is lost between two groups, nor at the end."""

import pytest

from shared.groups import groups


@pytest.mark.parametrize(
    ("count", "cut"), [(0, []), (1, [[0]]), (2, [[0, 1]]), (3, [[0, 1], [2]]), (4, [[0, 1], [2, 3]])]
)
def test_items_are_cut_in_order(count: int, cut: list[list[int]]) -> None:
    assert list(groups(iter(range(count)), 2)) == cut
