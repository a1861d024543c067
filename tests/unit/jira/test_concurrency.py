"""The number of requests in flight: slowly up, halved at the first sign, never below one."""

import asyncio

import pytest

from shared.jira.concurrency import REFUSED, WARNED, Concurrency, Latency


async def fill(places: Concurrency) -> None:
    while places.in_flight < places.limit:
        await places.enter()


async def test_a_round_of_good_answers_brings_one_place_more() -> None:
    places = Concurrency(first=5, most=8)
    limits = []
    for _ in range(4):
        await fill(places)
        for _ in range(places.limit + 1):
            places.succeeded()
        limits.append(places.limit)
    assert limits == [6, 7, 8, 8]


async def test_after_trouble_it_takes_four_rounds() -> None:
    places = Concurrency(first=5, most=8)
    places.cut(WARNED, asked_at=1.0, now=1.0)
    rounds = 0
    while places.limit == 4:
        await fill(places)
        for _ in range(4):
            places.succeeded()
        rounds += 1
    assert rounds == 5  # a place is a little more than a quarter of one each time


async def test_places_that_nobody_needs_bring_no_others() -> None:
    places = Concurrency(first=5, most=16)
    await places.enter()
    for _ in range(1000):
        places.succeeded()
    assert places.limit == 5


def test_a_refusal_halves_the_places_once_for_all_that_was_under_way() -> None:
    places = Concurrency(first=16, most=16)
    assert places.cut(REFUSED, asked_at=9.0, now=10.0)
    assert not any(places.cut(REFUSED, asked_at=at, now=10.1) for at in (8.0, 9.0, 9.9))
    assert places.limit == 8
    assert places.cut(REFUSED, asked_at=10.2, now=11.0)
    assert places.limit == 4


@pytest.mark.parametrize("factor", [REFUSED, WARNED])
def test_one_place_always_stays(factor: float) -> None:
    places = Concurrency(first=5, most=16)
    for second in range(100):
        places.cut(factor, asked_at=float(second), now=float(second))
    assert places.limit == 1


async def test_places_go_to_whoever_has_waited_longest() -> None:
    places = Concurrency(first=1, most=4)
    await places.enter()
    order: list[int] = []

    async def ask(number: int) -> None:
        await places.enter()
        order.append(number)
        places.leave()

    asking = [asyncio.create_task(ask(number)) for number in range(5)]
    await asyncio.sleep(0)
    asking[1].cancel()
    places.leave()
    await asyncio.gather(*asking, return_exceptions=True)
    assert order == [0, 2, 3, 4]
    assert places.in_flight == 0


async def test_a_place_that_is_given_to_somebody_who_leaves_is_not_lost() -> None:
    places = Concurrency(first=1, most=1)
    await places.enter()
    waiting = asyncio.create_task(places.enter())
    await asyncio.sleep(0)
    places.leave()  # goes to `waiting`, which is ended before it can take it
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert places.in_flight == 0


async def test_nobody_is_let_in_while_more_are_in_flight_than_a_cut_allows() -> None:
    places = Concurrency(first=4, most=4)
    await fill(places)
    places.cut(REFUSED, asked_at=1.0, now=1.0)
    waiting = asyncio.create_task(places.enter())
    for in_flight in (3, 2):
        await asyncio.sleep(0)
        assert not waiting.done()
        places.leave()
        assert places.in_flight == in_flight
    places.leave()
    await waiting
    assert places.in_flight == 2


def test_answers_that_come_ever_more_slowly_are_a_sign() -> None:
    latency = Latency()
    assert not any(latency.rises(0.1) for _ in range(50))
    assert not latency.rises(2.0)  # one slow answer is none
    assert any(latency.rises(2.0) for _ in range(5))


@pytest.mark.parametrize("seconds", [[0.01, 0.2], [0.5, 1.2], [3.0, 5.0]])
def test_answers_that_vary_are_none(seconds: list[float]) -> None:
    latency = Latency()
    assert not any(latency.rises(one) for one in seconds * 100)


def test_what_stays_slow_becomes_usual() -> None:
    latency = Latency()
    for _ in range(50):
        latency.rises(0.1)
    slow = [latency.rises(2.0) for _ in range(500)]
    assert True in slow[:10]
    assert True not in slow[400:]
