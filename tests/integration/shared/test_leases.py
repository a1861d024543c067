"""Leases and turns on a real store: of many who want the same, one has it, and not for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from shared.kinds import EntityKind, TaskKind
from shared.mongo import Store
from shared.state import State as StateDb
from shared.state.ledger import Task

TASK = Task("i1", "ABC", TaskKind.ISSUES, "000000.000", {"ids": ["1"]})
OTHER = Task("i2", "ABC", TaskKind.ISSUES, "000000.000", {"ids": ["1"]})
LONG, OVER = timedelta(minutes=1), timedelta(seconds=-1)


@pytest.fixture
async def state(store: Store) -> StateDb:
    state = StateDb(store)
    await state.ledger.register([TASK, OTHER])
    return state


async def due_tasks(state: StateDb, *imports: str) -> list[Task]:
    return await state.leases.due(imports, datetime.now(UTC), limit=10)


async def due(state: StateDb, *imports: str) -> list[str]:
    return [task.id for task in await due_tasks(state, *imports)]


async def test_of_many_claims_one_gets_the_task(state: StateDb) -> None:
    claims = (state.leases.claim(TASK.id, owner=f"f{number}", lease=LONG) for number in range(12))
    (got,) = [task for task in await asyncio.gather(*claims) if task]
    assert (got.id, got.spec) == (TASK.id, TASK.spec)
    again = await state.leases.claim(TASK.id, owner=got.owner or "", lease=LONG)
    assert again is not None, "its owner may take it up again"
    assert await state.leases.claim("nobody/entered/this/one", owner="f", lease=LONG) is None


async def test_when_a_lease_is_over_the_next_one_has_the_task_and_the_last_one_cannot_close_it(
    state: StateDb,
) -> None:
    silent = await state.leases.claim(TASK.id, owner="silent", lease=OVER)
    quick = await state.leases.claim(TASK.id, owner="quick", lease=LONG)
    assert silent is not None
    assert quick is not None
    assert await state.leases.renew([TASK.id], owner="silent", lease=LONG) == set()
    await state.leases.release([TASK.id], owner="silent", due=OVER)
    assert not await state.ledger.finish(silent, {EntityKind.ISSUE: ["1"]})
    assert not await state.ledger.fail(silent, "too late")
    assert await state.ledger.finish(quick, {EntityKind.ISSUE: ["1"]})
    assert await state.leases.claim(TASK.id, owner="third", lease=LONG) is None, "it is done"


async def test_a_renewed_lease_is_kept_and_a_released_one_is_free(state: StateDb) -> None:
    await state.leases.claim(TASK.id, owner="f1", lease=OVER)
    assert await state.leases.renew([TASK.id, OTHER.id], owner="f1", lease=LONG) == {TASK.id}
    assert await state.leases.claim(TASK.id, owner="f2", lease=LONG) is None
    await state.leases.release([TASK.id], owner="f1", due=LONG)
    assert await due(state, "i1") == [], "a message is on its way"
    assert await state.leases.claim(TASK.id, owner="f2", lease=LONG) is not None


async def test_what_is_due_is_put_off_and_a_loss_is_counted(state: StateDb) -> None:
    assert await due(state, "i1", "i2") == []
    await state.leases.claim(TASK.id, owner="silent", lease=OVER)
    await state.leases.claim(OTHER.id, owner="f", lease=LONG)
    await state.leases.release([OTHER.id], owner="f", due=OVER)
    assert await due(state, "i1", "i2") == [TASK.id, OTHER.id]
    assert await due(state, "i1") == [TASK.id]
    await state.leases.put_off(await due_tasks(state, "i1", "i2"), untaken=LONG)
    assert await due(state, "i1", "i2") == []
    lost = await state.leases.claim(TASK.id, owner="next", lease=LONG)
    waited = await state.leases.claim(OTHER.id, owner="next", lease=LONG)
    assert (lost and lost.losses, waited and waited.losses) == (1, 0)


async def test_a_claim_that_came_first_is_not_put_off(state: StateDb) -> None:
    await state.leases.claim(TASK.id, owner="silent", lease=OVER)
    seen = await due_tasks(state, "i1")
    await state.leases.claim(TASK.id, owner="quick", lease=LONG)
    await state.leases.put_off(seen)
    assert await state.leases.renew([TASK.id], owner="quick", lease=LONG) == {TASK.id}


async def test_of_many_replicas_one_has_the_turn(state: StateDb) -> None:
    turns = [state.turns.take("sweep", owner=f"f{number}", for_=LONG) for number in range(8)]
    assert sorted(await asyncio.gather(*turns)) == [False] * 7 + [True]
    assert not await state.turns.take("sweep", owner="f9", for_=LONG)
    assert await state.turns.take("something else", owner="f9", for_=OVER)
    await state.turns.prolong("something else", owner="f1", for_=LONG)  # whose turn it is not
    assert await state.turns.take("a third thing", owner="f2", for_=OVER)
    await state.turns.prolong("a third thing", owner="f2", for_=LONG)
    assert not await state.turns.take("a third thing", owner="f9", for_=OVER)
    assert await state.turns.take("something else", owner="f1", for_=LONG), "that turn was over"
