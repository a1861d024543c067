"""What is known of a project's issues, when several rounds have looked at them."""

from shared.id_sets import IdSet
from shared.state.ledger import Listed, last_of


def listed(*ids: str, whole: bool = True, **fates: str) -> Listed:
    return Listed(IdSet(ids), whole=whole, **{fate: IdSet(some.split()) for fate, some in fates.items()})


def test_the_last_whole_walk_counts() -> None:
    found = last_of({0: listed("1", "2"), 1: listed("2", "3"), 2: listed("9", whole=False)})
    assert found is not None
    assert found.ids == IdSet(["2", "3"])


def test_without_a_whole_walk_nothing_is_known() -> None:
    assert last_of({0: listed("1", whole=False)}) is None
    assert last_of({}) is None


def test_what_a_retry_says_of_single_issues_counts_too() -> None:
    walk = listed("1", "2", "3", absent="7", moved="8")
    found = last_of(
        {0: walk, 2: listed(whole=False, absent="2 3", left="9"), 4: listed(whole=False, present="3")}
    )
    assert found is not None
    assert found.ids == IdSet(["1", "3"])
    assert (found.absent, found.moved, found.left) == (IdSet(["2", "7"]), IdSet(["8"]), IdSet(["9"]))
