"""Runs the tasks that Kafka hands over: fair, each for itself, and committed once they are done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka.annotations import KafkaMessage
from pydantic import ValidationError

from services.fetcher.fair_queue import FairQueue, Job
from services.fetcher.offsets import Offsets
from shared.contracts.events import FetchTask
from shared.errors import PermanentError, TransientError
from shared.jira.errors import JiraCoolingDownError
from shared.kafka import REDELIVERY_DELAY, may_pass, records_of
from shared.kinds import TaskKind, WaitingFor
from shared.logging import get_logger
from shared.waits import Waits

log = get_logger("fetcher")

_IN_SIGHT: Final = 8_000  # tasks, of 1.2 KB each: 800,000 issues; behind them, Kafka's order holds
_COMMIT_EVERY: Final = 0.5  # seconds; what a crash makes come again is known to be done by the ledger
_LONGEST_DELAY: Final = 30.0  # seconds; whoever has to wait longer looks again whether it still has to
_GRACE: Final = 20.0  # seconds in which running tasks may end when the service stops
_URGENT: Final = frozenset({TaskKind.PROJECT, TaskKind.LIST})

Place = tuple[TopicPartition, int]
Run = Callable[[FetchTask, Callable[[], bool]], Awaitable[None]]  # and whether more of its project wait
Bury = Callable[[Iterable[ConsumerRecord], Exception], Awaitable[None]]


class Dispatcher(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads ahead and starts whatever is next; a slow task holds up nobody but itself.

    A record is committed when it and all before it in its partition are done, so a crash brings back only
    what is not. Records of a partition that went to another fetcher are dropped, except those under way.
    """

    def __init__(self, run: Run, bury: Bury, *, places: int, waits: Waits) -> None:
        self._run = run
        self._bury = bury
        self._waits = waits
        self._queue = FairQueue(places)
        self._offsets = Offsets()
        self._running: dict[Place, asyncio.Task[None]] = {}
        self._deferred: dict[Place, asyncio.TimerHandle] = {}
        self._held: dict[tuple[str, str], asyncio.TimerHandle] = {}  # by site and kind
        self._consumer: AIOKafkaConsumer | None = None
        self._progress = asyncio.Event()
        self._stopping = False

    async def on_tasks(self, _bodies: list[bytes], message: KafkaMessage) -> None:
        """Take records over from Kafka; returns before they are done, and acknowledges none."""
        self._consumer = message.consumer
        self.accept(records_of(message))

    def accept(self, records: Sequence[ConsumerRecord]) -> None:
        """Queue records, and start what may run."""
        for record in records:
            place = _place(record)
            if self._offsets.read(*place) and place not in self._running and place not in self._deferred:
                self._queue.put(_to_job(record))
        self._start()

    def held(self, partition: TopicPartition) -> int:
        """Count the tasks of a partition that are here and not done."""
        return self._offsets.held(partition)

    @asynccontextmanager
    async def dispatching(self) -> AsyncIterator[None]:
        """Commit what gets done; at the end of the block let running tasks end, and start no others."""
        committer = asyncio.create_task(self._commit_again_and_again())
        try:
            yield
        finally:
            self._stopping = True
            for timer in (*self._deferred.values(), *self._held.values()):
                timer.cancel()
            if running := list(self._running.values()):
                _, late = await asyncio.wait(running, timeout=_GRACE)
                for task in late:
                    task.cancel()
            committer.cancel()
            await asyncio.wait([committer])
            await self._commit()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Leave to others what is not under way here; what is, they may do as well."""
        await self._commit()
        self._forget(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Begin anew: these partitions are read from their committed offsets on."""
        self._forget(assigned)

    def _forget(self, partitions: set[TopicPartition]) -> None:
        self._offsets.forget(partitions)
        self._queue.drop(lambda job: _place(job.record)[0] in partitions)

    def _start(self) -> None:
        while not self._stopping and (job := self._queue.take()):
            self._running[_place(job.record)] = asyncio.create_task(self._work(job))
        if self._consumer is None:
            return
        if len(self._queue) >= _IN_SIGHT:
            self._consumer.pause(*self._consumer.assignment())
        elif paused := self._consumer.paused():
            self._consumer.resume(*paused)

    async def _work(self, job: Job) -> None:
        """Do a job and look for the next one; a job that has to wait does so without a place."""
        place = _place(job.record)
        try:
            delay = await self._attempt(job)
        finally:
            self._queue.free(job)
            del self._running[place]
        if delay is None:
            self._offsets.done(*place)
            self._progress.set()
        else:
            self._deferred[place] = asyncio.get_running_loop().call_later(delay, self._again, job)
        self._start()

    def _again(self, job: Job) -> None:
        place = _place(job.record)
        del self._deferred[place]
        if self._offsets.is_open(*place):  # else another fetcher has it now
            self._queue.put(job, front=True)
            self._start()

    async def _attempt(self, job: Job) -> float | None:
        """Return None when nothing is left to do, else after how many seconds to try again."""
        try:
            await self._do(job)
        except Exception as error:  # the store or the broker is away, or Jira wants to be asked later
            log.warning("redelivery", reason=str(error), error=type(error).__name__)
            asked = error.retry_after if isinstance(error, TransientError) else None
            delay = min(max(REDELIVERY_DELAY, asked or 0.0), _LONGEST_DELAY)
            if isinstance(error, JiraCoolingDownError):
                self._hold_back(job, delay)
            return delay
        return None

    def _hold_back(self, job: Job, seconds: float) -> None:
        """Jira's limit holds: what is of the same site and kind would ask the store for its task in vain."""
        held = job.site, job.kind
        if held not in self._held:
            self._queue.hold_back(*held)
            self._held[held] = asyncio.get_running_loop().call_later(seconds, self._let_go, *held, seconds)

    def _let_go(self, site: str, kind: str, seconds: float) -> None:
        del self._held[site, kind]
        self._waits.add(WaitingFor.JIRA_LIMIT, seconds, site)
        self._queue.let_go(site, kind)
        self._start()

    async def _do(self, job: Job) -> None:
        """Do a task, or set aside what nobody can do; raises what may pass."""
        try:
            task = FetchTask.model_validate_json(job.record.value or b"")
            await self._run(task, partial(self._queue.has_more, job))
        except Exception as error:
            if may_pass(error):
                raise
            if not isinstance(error, PermanentError | ValidationError):
                log.exception("quarantined")
            await self._bury([job.record], error)

    async def _commit_again_and_again(self) -> None:
        while True:
            await self._progress.wait()
            self._progress.clear()
            await self._commit()
            await asyncio.sleep(_COMMIT_EVERY)

    async def _commit(self) -> None:
        if self._consumer is None:
            return
        offsets = self._offsets.to_commit(self._consumer.assignment())
        if not offsets:
            return
        try:
            await self._consumer.commit(offsets)
        except (
            KafkaError
        ) as error:  # a rebalance, or the broker is away: what is done comes again, and is known
            log.debug("not_committed", reason=str(error))
        else:
            self._offsets.committed(offsets)


def _place(record: ConsumerRecord) -> Place:
    return TopicPartition(record.topic, record.partition), record.offset


def _to_job(record: ConsumerRecord) -> Job:
    try:
        task = FetchTask.model_validate_json(record.value or b"")
    except ValidationError:
        return Job(record, site="", import_id="", project="")  # fails once more where it is set aside
    # Of a producer that does not name the site: an import has but one.
    return Job(
        record,
        site=task.site or task.import_id,
        import_id=task.import_id,
        project=task.project_key,
        kind=task.kind,
        urgent=task.kind in _URGENT,
    )
