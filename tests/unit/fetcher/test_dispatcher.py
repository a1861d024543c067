"""Tasks run side by side, each for itself; what fails is tried again or set aside, and never forgotten."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from prometheus_client import CollectorRegistry

from services.fetcher import dispatcher as module
from services.fetcher.dispatcher import Dispatcher
from shared.contracts.channels import FETCH_TASK
from shared.contracts.events import FetchTask
from shared.errors import PermanentError, TransientError
from shared.jira.errors import JiraCoolingDownError
from shared.kinds import TaskKind, WaitingFor
from shared.waits import Waits
from tests.support.records import record, task_record

PARTITION = TopicPartition(FETCH_TASK.topic, 0)


class Work:
    """What tasks do: they end when the test lets them, or at once with what it wants."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.errors: dict[str, list[Exception]] = {}
        self.more: dict[str, bool] = {}  # whether others of the project waited when it ended
        self.buried: list[tuple[bytes, Exception]] = []

    async def run(self, task: FetchTask, has_more: Callable[[], bool]) -> None:
        self.started.append(task.task_id)
        if self.errors.get(task.task_id):
            raise self.errors[task.task_id].pop(0)
        if gate := self.gates.get(task.task_id):
            await gate.wait()
        self.more[task.task_id] = has_more()

    async def bury(self, records: Iterable[ConsumerRecord], reason: Exception) -> None:
        self.buried += [(one.value, reason) for one in records]

    def hold(self, *names: str) -> None:
        self.gates |= {name: asyncio.Event() for name in names}


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def dispatcher(work: Work) -> Dispatcher:
    return Dispatcher(work.run, work.bury, places=2, waits=Waits(CollectorRegistry()))


async def until_idle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def tasks(*names: str, **given: Any) -> list[ConsumerRecord]:
    return [task_record(name, offset=offset, **given) for offset, name in enumerate(names)]


async def test_a_slow_task_holds_up_nobody(dispatcher: Dispatcher, work: Work) -> None:
    work.hold("P/0")
    dispatcher.accept(tasks("P/0", "P/1", "P/2", "P/3", "P/4"))
    await until_idle()
    assert work.started == ["P/0", "P/1", "P/2", "P/3", "P/4"]
    assert dispatcher._offsets.to_commit({PARTITION}) == {PARTITION: 0}
    work.gates["P/0"].set()
    await until_idle()
    assert dispatcher._offsets.to_commit({PARTITION}) == {PARTITION: 5}


async def test_a_task_is_told_whether_others_of_its_project_wait(dispatcher: Dispatcher, work: Work) -> None:
    work.hold("P/0", "P/1", "P/2", "Q/0")
    dispatcher.accept(tasks("P/0", "P/1", "P/2", "Q/0"))
    for name in ("P/0", "P/1", "P/2", "Q/0"):
        await until_idle()
        work.gates[name].set()
    await until_idle()
    assert work.more == {"P/0": True, "P/1": True, "P/2": False, "Q/0": False}


async def test_the_tasks_of_a_site_that_does_not_answer_leave_the_other_sites_alone(
    dispatcher: Dispatcher, work: Work
) -> None:
    work.hold(*(f"SLOW/{number}" for number in range(50)))
    dispatcher.accept(tasks(*work.gates, site="slow"))
    dispatcher.accept([task_record(f"FAST/{n}", offset=50 + n, site="fast") for n in range(30)])
    await until_idle()
    assert [name for name in work.started if name.startswith("SLOW")] == ["SLOW/0", "SLOW/1"]
    assert len([name for name in work.started if name.startswith("FAST")]) == 30


async def test_what_may_pass_is_tried_again_later_and_keeps_no_place_meanwhile(
    dispatcher: Dispatcher, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REDELIVERY_DELAY", 0.2)
    work.errors = {"P/0": [TransientError("the store is away")] * 2}
    dispatcher.accept(tasks("P/0", "P/1", "P/2"))
    await until_idle()
    assert work.started == ["P/0", "P/1", "P/2"]
    assert dispatcher.held(PARTITION) == 1
    while dispatcher.held(PARTITION):
        await asyncio.sleep(0.001)
    assert work.started == ["P/0", "P/1", "P/2", "P/0", "P/0"]
    assert work.buried == []


async def test_a_wait_that_jira_names_is_kept(dispatcher: Dispatcher, work: Work) -> None:
    waits = {"P/0": 0.7, "P/1": 999.0}
    work.errors = {name: [TransientError("later", retry_after=wait)] for name, wait in waits.items()}
    now = asyncio.get_running_loop().time()
    dispatcher.accept(tasks(*waits))
    await until_idle()
    left = [timer.when() - now for timer in dispatcher._deferred.values()]
    assert left == pytest.approx([0.7, module._LONGEST_DELAY], abs=0.5)


async def test_what_jira_holds_back_for_long_is_tried_by_one_task_of_its_kind(
    dispatcher: Dispatcher, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LONGEST_DELAY", 0.6)
    work.errors = {"P/0": [JiraCoolingDownError("POST /search/jql", retry_after=60.0)]}
    work.hold("P/1")
    dispatcher.accept(tasks("P/0", "P/1", "P/2", "P/3", site="slow"))
    others = [
        task_record("P/comments", offset=4, site="slow", kind=TaskKind.COMMENTS),
        task_record("Q/0", offset=5, site="fast"),
    ]
    dispatcher.accept(others)
    await until_idle()
    assert work.started == ["P/0", "P/1", "Q/0", "P/comments"]
    assert dispatcher._waits.spent("slow")[WaitingFor.JIRA_LIMIT] == 0
    work.gates["P/1"].set()
    while dispatcher.held(PARTITION):
        await asyncio.sleep(0.005)
    assert sorted(work.started[4:]) == ["P/0", "P/2", "P/3"]
    assert dispatcher._waits.spent("slow")[WaitingFor.JIRA_LIMIT] == 0.6
    assert dispatcher._waits.spent("fast")[WaitingFor.JIRA_LIMIT] == 0


@pytest.mark.parametrize("error", [PermanentError("no such task"), RuntimeError("a mistake of ours")])
async def test_what_nobody_can_do_is_set_aside_alone(
    dispatcher: Dispatcher, work: Work, error: Exception
) -> None:
    work.errors = {"P/1": [error]}
    first, poison, last = tasks("P/0", "P/1", "P/2")
    dispatcher.accept([first, poison, last, record(b"not JSON", offset=3)])
    await until_idle()
    assert {value for value, _ in work.buried} == {poison.value, b"not JSON"}
    assert dispatcher._offsets.to_commit({PARTITION}) == {PARTITION: 4}


async def test_partitions_that_go_take_their_waiting_tasks_along_and_come_back_whole(
    dispatcher: Dispatcher, work: Work
) -> None:
    work.hold("P/0", "P/1", "P/2", "P/3")
    dispatcher.accept(tasks("P/0", "P/1", "P/2", "P/3"))
    await until_idle()
    await dispatcher.on_partitions_revoked({PARTITION})
    work.gates["P/0"].set()
    await until_idle()
    assert work.started == ["P/0", "P/1"], "nothing of it is started any more"
    await dispatcher.on_partitions_assigned({PARTITION})
    assert dispatcher._offsets.to_commit({PARTITION}) == {}
    dispatcher.accept(tasks("P/0", "P/1", "P/2", "P/3"))
    await until_idle()
    assert work.started == ["P/0", "P/1", "P/0", "P/2"], "P/1 still runs: once is enough"
    for gate in work.gates.values():
        gate.set()
    await until_idle()
    assert dispatcher._offsets.to_commit({PARTITION}) == {PARTITION: 4}


async def test_at_the_end_running_tasks_end_and_no_others_begin(dispatcher: Dispatcher, work: Work) -> None:
    work.hold("P/0", "P/1", "P/2")
    work.errors = {"Q/0": [TransientError("later", retry_after=20)]}
    async with dispatcher.dispatching():
        dispatcher.accept([task_record("Q/0", offset=9), *tasks("P/0", "P/1", "P/2")])
        await until_idle()
        for gate in work.gates.values():
            gate.set()
    assert work.started == ["Q/0", "P/0", "P/1"]


async def test_a_task_that_does_not_end_is_left_for_the_next_fetcher(
    dispatcher: Dispatcher, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GRACE", 0.01)
    work.hold("P/0")
    async with dispatcher.dispatching():
        dispatcher.accept(tasks("P/0"))
        await until_idle()
    assert dispatcher._offsets.to_commit({PARTITION}) == {PARTITION: 0}
