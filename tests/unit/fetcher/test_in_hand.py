"""Which tasks are in hand, by the clock of this process."""

from datetime import timedelta
from typing import cast

from services.fetcher.in_hand import InHand
from shared.kinds import TaskKind
from shared.state.leases import Leases
from shared.state.ledger import Task

TASK = Task("import", "ABC", TaskKind.ISSUES, "0")
RUN = TASK.run


class Granting:
    """Leases of which each can be had."""

    async def claim(self, _task_id: str, *, owner: str, lease: timedelta) -> Task:
        return TASK


async def test_a_project_has_work_here_while_a_lease_on_its_tasks_holds() -> None:
    in_hand = InHand(cast(Leases, Granting()), name="test", lease=timedelta(seconds=60))
    assert not in_hand.has_any_of(RUN)
    await in_hand.claim(TASK.id)
    assert in_hand.has_any_of(RUN)
    assert not in_hand.has_any_of("import/AB")
    in_hand.forget(TASK)
    assert not in_hand.has_any_of(RUN)


async def test_a_task_whose_lease_has_ended_may_be_another_ones() -> None:
    in_hand = InHand(cast(Leases, Granting()), name="test", lease=timedelta(0))
    await in_hand.claim(TASK.id)
    assert not in_hand.has_any_of(RUN)
