"""The budget of one site in one process: who waits after which answer, and who does not."""

import asyncio
from dataclasses import dataclass

import httpx
import pytest
from prometheus_client import CollectorRegistry

from shared.jira.budget import FIRST_IN_FLIGHT, LONGEST_COOL_DOWN, Budget
from shared.jira.errors import JiraCoolingDownError
from shared.jira.limits import EVERYTHING
from shared.jira.patience import time_limit
from shared.kinds import WaitingFor
from shared.waits import Waits

SEARCH, COMMENTS = "POST /search/jql", "GET /issue/{issue}/comment"
BURST = {"retry-after": "3", "ratelimit-reason": "jira-burst-based"}
QUOTA = {"retry-after": "40", "ratelimit-reason": "jira-quota-tenant-based"}


@dataclass
class Clock:
    """Seconds that pass when the test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waits() -> Waits:
    return Waits(CollectorRegistry())


@pytest.fixture
def budget(clock: Clock, waits: Waits) -> Budget:
    return Budget(families=True, most=16, waits=waits, site="acme", clock=clock)


def answer(budget: Budget, endpoint: str, status: int, at: float, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    budget.learn(endpoint, httpx.Response(status, headers=named), asked_at=at)


def test_a_burst_cools_its_family_and_a_quota_the_whole_site(budget: Budget, clock: Clock) -> None:
    answer(budget, SEARCH, 429, clock.now, **BURST)
    assert (budget.remaining(SEARCH), budget.remaining(COMMENTS)) == (3, 0)
    answer(budget, COMMENTS, 429, clock.now, **QUOTA)
    assert (budget.remaining(SEARCH), budget.remaining(COMMENTS)) == (40, 40)


def test_data_center_counts_all_requests_together(clock: Clock, waits: Waits) -> None:
    budget = Budget(families=False, most=16, waits=waits, clock=clock)
    answer(budget, SEARCH, 429, clock.now, **{"retry-after": "5"})
    assert budget.remaining(COMMENTS) == 5


def test_the_longest_cool_down_wins(budget: Budget, clock: Clock) -> None:
    answer(budget, SEARCH, 429, clock.now, **{"retry-after": "20"})
    answer(budget, SEARCH, 429, clock.now, **{"retry-after": "5"})
    budget.adopt(SEARCH, 10, "")
    assert budget.remaining(SEARCH) == 20
    budget.adopt(SEARCH, 30, "")
    assert budget.remaining(SEARCH) == 30


def test_a_refusal_that_names_no_time_is_met_with_ever_longer_pauses(budget: Budget, clock: Clock) -> None:
    pauses = []
    for _ in range(6):
        for _ in range(3):  # what was under way together is one refusal
            answer(budget, SEARCH, 429, clock.now)
        pauses.append(budget.remaining(SEARCH))
        clock.now += pauses[-1]
    assert pauses == [2, 4, 8, 16, 30, 30]
    answer(budget, SEARCH, 200, clock.now)
    answer(budget, SEARCH, 429, clock.now)
    assert budget.remaining(SEARCH) == 2


def test_what_names_a_day_is_asked_again_after_an_hour(budget: Budget, clock: Clock) -> None:
    answer(budget, SEARCH, 429, clock.now, **{"retry-after": "86400"})
    assert budget.remaining(SEARCH) == LONGEST_COOL_DOWN


@pytest.mark.parametrize(
    ("status", "headers", "limit"),
    [
        (429, BURST, 2),
        (503, {"retry-after": "1"}, 2),
        (503, {}, 2),
        (502, {}, 2),
        (200, {"x-ratelimit-nearlimit": "true"}, 4),
        (200, {}, 5),
        (500, {}, 5),
        (404, {}, 5),
    ],
)
def test_the_first_sign_of_trouble_cuts_what_is_in_flight(
    budget: Budget, clock: Clock, status: int, headers: dict[str, str], limit: int
) -> None:
    assert budget.limit == FIRST_IN_FLIGHT == 5
    answer(budget, SEARCH, status, clock.now, **headers)
    assert budget.limit == limit


def test_one_at_a_time_makes_breaks_while_a_limit_is_near(budget: Budget, clock: Clock) -> None:
    while budget.limit > 1:
        answer(budget, SEARCH, 200, clock.now, **{"x-ratelimit-nearlimit": "true"})
        assert budget.remaining(SEARCH) == 0
        clock.now += 1
    answer(budget, SEARCH, 200, clock.now, **{"x-ratelimit-nearlimit": "true"})
    assert (budget.remaining(SEARCH), budget.remaining(COMMENTS)) == (0.5, 0)
    assert budget.fresh == {}


def test_what_others_were_told_cuts_it_too(budget: Budget) -> None:
    budget.adopt(EVERYTHING, 5, "jira-quota-global-based")
    budget.adopt(EVERYTHING, 5.1, "jira-quota-global-based")  # the same, by another clock
    assert budget.limit == 2
    assert budget.fresh == {}  # they need not be told


def test_only_what_is_longer_is_told_to_the_others(clock: Clock, waits: Waits) -> None:
    told: list[str] = []
    budget = Budget(families=True, most=16, waits=waits, clock=clock, on_cool_down=lambda: told.append("now"))
    answer(budget, SEARCH, 429, clock.now, **BURST)
    answer(budget, SEARCH, 429, clock.now, **BURST)
    assert told == ["now"]
    assert budget.fresh[SEARCH].until == clock.now + 3


async def test_a_long_wait_is_left_to_the_caller_and_takes_no_place(budget: Budget) -> None:
    budget.adopt(SEARCH, 60, "")
    with pytest.raises(JiraCoolingDownError, match=r"search/jql was not asked: .* another 60 s") as caught:
        async with budget.place(SEARCH):
            pass
    assert caught.value.retry_after == 60
    async with budget.place(COMMENTS):
        pass


async def test_a_short_one_is_waited_for_and_known_while_it_lasts(waits: Waits) -> None:
    budget = Budget(families=True, most=16, waits=waits, site="acme")
    budget.adopt(SEARCH, 0.3, "")
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(_ask(budget, SEARCH))
        await _ask(budget, COMMENTS)
        await asyncio.sleep(0.1)
        assert not asked.done()
        assert waits.spent("acme")[WaitingFor.JIRA_LIMIT] > 0.05
        assert waits.spent("other")[WaitingFor.JIRA_LIMIT] == 0
    assert budget.remaining(SEARCH) == 0


async def test_the_limit_of_jira_costs_a_task_none_of_its_time(waits: Waits) -> None:
    budget = Budget(families=True, most=16, waits=waits)
    budget.adopt(SEARCH, 0.4, "")
    async with time_limit(0.2):
        await asyncio.gather(*(_ask(budget, SEARCH) for _ in range(3)))
    with pytest.raises(TimeoutError):
        async with time_limit(0.2):
            await asyncio.sleep(1)


async def test_a_time_limit_holds_again_once_the_wait_is_over(waits: Waits) -> None:
    budget = Budget(families=True, most=16, waits=waits)
    budget.adopt(SEARCH, 0.3, "")

    async def too_long() -> None:
        async with time_limit(0.2):
            await _ask(budget, SEARCH)
            await asyncio.sleep(1)

    with pytest.raises(TimeoutError):
        await too_long()
    assert budget.remaining(SEARCH) == 0


async def test_data_center_is_asked_at_the_pace_of_its_bucket(waits: Waits) -> None:
    budget = Budget(families=False, most=16, waits=waits)
    bucket = {"x-ratelimit-limit": "10", "x-ratelimit-fillrate": "10", "x-ratelimit-interval-seconds": "1"}
    answer(budget, SEARCH, 200, 0.0, **bucket, **{"x-ratelimit-remaining": "4"})
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(_ask(budget, SEARCH) for _ in range(3)))
    took = asyncio.get_running_loop().time() - began
    assert took > 0.1  # a token comes back each 0.1 s


async def _ask(budget: Budget, endpoint: str) -> None:
    async with budget.place(endpoint):
        pass
