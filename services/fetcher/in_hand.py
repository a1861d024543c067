"""The tasks that this process has in hands: each is ours until its lease ends, and is renewed before that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from uuid import uuid4

from pymongo.errors import PyMongoError

from shared.background import in_background
from shared.errors import TransientError
from shared.logging import get_logger
from shared.state.leases import Leases
from shared.state.ledger import Task

log = get_logger("fetcher")


class LeaseLostError(TransientError):
    """This process was silent for so long that another one may have the task."""


class InHand:
    """Claims tasks and keeps them claimed.

    Whether a lease still holds is judged by the clock of this process, without asking the store: one that
    was stopped and goes on later knows at its next step that it is late.
    """

    def __init__(self, leases: Leases, *, name: str, lease: timedelta) -> None:
        self.owner = f"{name}/{uuid4()}"
        self.patience = lease.total_seconds() / 3  # seconds until a task that others have is looked at again
        self._leases = leases
        self._lease = lease
        self._until: dict[str, float] = {}  # by task; on the clock of `monotonic`

    async def claim(self, task_id: str) -> Task | None:
        """Take a task; None when it is in hands already, here or elsewhere, or is not pending."""
        if task_id in self._until:
            return None
        self._until[task_id] = 0.0
        until = self._from_now()
        task = None
        try:
            task = await self._leases.claim(task_id, owner=self.owner, lease=self._lease)
        finally:
            if task is None:
                del self._until[task_id]
            else:
                self._until[task_id] = until
        return task

    def ensure(self, task: Task) -> None:
        """Raise LeaseLostError unless the task is still ours."""
        if not self.holds(task):
            raise LeaseLostError(f"The lease of task {task.id} ended before the task did")

    def has_any_of(self, run: str) -> bool:
        """Tell whether a task of a project is ours, and so pending."""
        now = monotonic()
        return any(until > now and id_.startswith(f"{run}/") for id_, until in self._until.items())

    def holds(self, task: Task) -> bool:
        """Tell whether the task is still ours."""
        return monotonic() < self._until.get(task.id, 0.0)

    def forget(self, task: Task) -> None:
        """Let go of a task that is closed."""
        self._until.pop(task.id, None)

    async def release(self, *tasks: Task, due: timedelta | None = None) -> None:
        """Give tasks back; should no message follow, they are due after a lease."""
        due = self._lease if due is None else due
        await self._leases.release([task.id for task in tasks], owner=self.owner, due=due)
        for task in tasks:
            self.forget(task)

    @asynccontextmanager
    async def renewing(self) -> AsyncIterator[None]:
        """Keep every lease alive until the block ends."""
        async with in_background(self._renew_for_ever()):
            yield

    async def _renew_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            try:
                await self.renew()
            except PyMongoError as error:  # the store is away; should it stay so, the leases end
                log.warning("leases_not_renewed", reason=str(error))

    async def renew(self) -> None:
        """Prolong what is still ours."""
        if not (ids := [id_ for id_, until in self._until.items() if until]):
            return
        until = self._from_now()
        for id_ in await self._leases.renew(ids, owner=self.owner, lease=self._lease):
            if id_ in self._until:
                self._until[id_] = until

    def _from_now(self) -> float:
        return monotonic() + self._lease.total_seconds()
