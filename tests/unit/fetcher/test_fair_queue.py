"""Who is next: every site, import and project gets its share, whatever lies before its tasks."""

from collections import Counter

import pytest

from services.fetcher.fair_queue import FairQueue, Job
from tests.support.records import record


def job(name: str, *, site: str = "a", kind: str = "", urgent: bool = False) -> Job:
    """Named `{import}/{project}/{anything}`."""
    import_id, project, _ = name.split("/", 2)
    given = {"site": site, "import_id": import_id, "project": project, "kind": kind}
    return Job(record(name.encode()), **given, urgent=urgent)


def name_of(found: Job | None) -> str | None:
    return found.record.value.decode() if found else None


def fill(queue: FairQueue, count: int, prefix: str, *, site: str = "a", kind: str = "") -> None:
    for number in range(count):
        queue.put(job(f"{prefix}/{number}", site=site, kind=kind))


def take_all(queue: FairQueue) -> list[Job]:
    taken = []
    while found := queue.take():
        taken.append(found)
    return taken


def test_a_project_is_served_in_its_order_within_the_places_of_its_site() -> None:
    queue = FairQueue(2)
    fill(queue, 5, "i/P")
    first = take_all(queue)
    assert [name_of(one) for one in first] == ["i/P/0", "i/P/1"]
    queue.free(first[1])
    assert [name_of(one) for one in take_all(queue)] == ["i/P/2"]
    assert len(queue) == 2


def test_each_site_has_places_of_its_own() -> None:
    queue = FairQueue(2)
    fill(queue, 100, "i/P", site="slow")
    fill(queue, 3, "j/Q", site="fast")
    assert [name_of(one) for one in take_all(queue)] == ["i/P/0", "i/P/1", "j/Q/0", "j/Q/1"]


def test_the_import_with_the_fewest_running_tasks_is_next() -> None:
    """Slow tasks of one do not take the places that quick ones of the other give back."""
    queue = FairQueue(4)
    fill(queue, 100, "huge/P")
    held = take_all(queue)
    fill(queue, 100, "small/Q")
    served: Counter[str] = Counter()
    for _ in range(20):  # `huge` is stuck in all of its places
        (quick,) = take_all(queue)
        served[quick.import_id] += 1
        queue.free(quick)
    assert served == {"small": 20}
    for slow in held:
        queue.free(slow)
    assert Counter(one.import_id for one in take_all(queue)) == {"huge": 2, "small": 2}


def test_a_newcomer_gets_a_place_beyond_those_that_are_taken_up_to_a_bound() -> None:
    queue = FairQueue(2)
    fill(queue, 5, "huge/P")
    assert len(take_all(queue)) == 2
    for name in ("x", "y", "z"):
        fill(queue, 2, f"{name}/Q")
    assert [name_of(one) for one in take_all(queue)] == ["x/Q/0", "y/Q/0"]


def test_projects_of_one_import_take_turns_as_well() -> None:
    queue = FairQueue(4)
    fill(queue, 50, "i/HUGE")
    fill(queue, 2, "i/SMALL")
    assert [name_of(one) for one in take_all(queue)] == ["i/HUGE/0", "i/SMALL/0", "i/HUGE/1", "i/SMALL/1"]


def test_thousands_of_projects_do_not_outvote_one() -> None:
    queue = FairQueue(4)
    for number in range(3000):
        queue.put(job(f"many/P{number}/0"))
    fill(queue, 10, "one/Q")
    served: Counter[str] = Counter()
    for _ in range(20):
        for found in take_all(queue):
            served[found.import_id] += 1
            queue.free(found)
    assert served["one"] == 10


def test_what_many_tasks_follow_from_goes_first() -> None:
    queue = FairQueue(1)
    fill(queue, 3, "i/P")
    queue.put(job("i/P/list", urgent=True))
    assert name_of(queue.take()) == "i/P/list"


def test_what_went_to_another_fetcher_is_dropped_and_the_rest_keeps_its_order() -> None:
    queue = FairQueue(1)
    fill(queue, 6, "i/P")
    queue.drop(lambda one: one.record.value.endswith((b"0", b"3")))
    assert len(queue) == 4
    assert name_of(queue.take()) == "i/P/1"


def test_an_empty_queue_keeps_nothing() -> None:
    queue = FairQueue(2)
    fill(queue, 3, "i/P")
    while found := queue.take():
        queue.free(found)
    assert (len(queue), queue._sites) == (0, {})


@pytest.mark.parametrize("places", [1, 4])
def test_order_and_number_survive_any_mixture(places: int) -> None:
    queue = FairQueue(places)
    names = [f"{i}/{p}/{n:02d}" for n in range(10) for i in "ijk" for p in "PQ"]
    for name in names:
        queue.put(job(name))
    seen: list[str] = []
    while taken := take_all(queue):
        for found in taken:
            seen.append(name_of(found) or "")
            queue.free(found)
    assert sorted(seen) == sorted(names)
    for project in {name.rpartition("/")[0] for name in names}:
        mine = [name for name in seen if name.startswith(f"{project}/")]
        assert mine == sorted(mine)


def test_what_jira_holds_back_takes_no_place_and_keeps_its_order() -> None:
    queue = FairQueue(2)
    fill(queue, 3, "i/P", kind="issues")
    fill(queue, 2, "i/P/more", kind="comments")
    (tried, running) = take_all(queue)
    queue.hold_back("a", "issues")
    queue.hold_back("a", "issues")
    queue.put(job("i/P/late", kind="issues"))
    queue.free(tried)
    (other,) = take_all(queue)
    assert (name_of(other), len(queue)) == ("i/P/more/0", 3)
    for done in (running, other):
        queue.free(done)
    queue.put(tried, front=True)
    queue.let_go("a", "issues")
    order = []
    while found := queue.take():
        order.append(name_of(found))
        queue.free(found)
    assert order == ["i/P/0", "i/P/2", "i/P/late", "i/P/more/1"]


def test_what_is_held_back_at_one_site_runs_at_another() -> None:
    queue = FairQueue(2)
    queue.hold_back("a", "issues")
    fill(queue, 2, "i/P", kind="issues")
    fill(queue, 2, "j/Q", kind="issues", site="b")
    assert [name_of(one) for one in take_all(queue)] == ["j/Q/0", "j/Q/1"]
    queue.drop(lambda one: one.import_id == "i")
    queue.let_go("a", "issues")
    assert take_all(queue) == []
    assert set(queue._sites) == {"b"}
