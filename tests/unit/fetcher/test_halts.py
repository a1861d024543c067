"""Whether the tasks of an import are to be done is asked once a second, and a pause is believed at once."""

from typing import cast

from services.fetcher.halts import Halts
from shared.kinds import State
from shared.state import Imports


class Answers:
    """The states of an import, one after the other; counts how often it was asked."""

    def __init__(self, *states: State | None) -> None:
        self._states = list(states)
        self.asked = 0

    async def state_of(self, _import_id: str) -> State | None:
        self.asked += 1
        return self._states.pop(0)


def halts(answers: Answers) -> Halts:
    return Halts(cast(Imports, answers))


async def test_an_active_import_is_asked_about_once() -> None:
    answers = Answers(State.RUNNING)
    watch = halts(answers)
    assert [await watch.is_active("1") for _ in range(3)] == [True] * 3
    assert answers.asked == 1


async def test_an_import_that_nobody_knows_is_left_to_its_tasks() -> None:
    assert await halts(Answers(None)).is_active("1")


async def test_that_an_import_is_paused_is_not_remembered() -> None:
    """The tasks that come with its resumption would be passed over."""
    watch = halts(Answers(State.PAUSED, State.RUNNING, State.CANCELLED))
    assert not await watch.is_active("1")
    assert await watch.is_active("1")
    assert not await watch.is_active("2")
