"""Time limits for work that asks Jira: waiting for Jira's limit is not counted."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar


class _Clock:
    """A time-out that stands still while somebody in its block is held up."""

    def __init__(self, scope: asyncio.Timeout) -> None:
        self._scope = scope
        self._held_up = 0
        self._left = 0.0

    def stop(self) -> None:
        if self._held_up == 0:
            self._left = (self._scope.when() or 0.0) - asyncio.get_running_loop().time()
            self._scope.reschedule(None)
        self._held_up += 1

    def go_on(self) -> None:
        self._held_up -= 1
        if self._held_up == 0:
            with suppress(RuntimeError):  # the block was left meanwhile
                self._scope.reschedule(asyncio.get_running_loop().time() + self._left)


_clock: ContextVar[_Clock | None] = ContextVar("clock", default=None)


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError when the block takes longer, `held_up` not counted, in its child tasks neither."""
    async with asyncio.timeout(seconds) as scope:
        token = _clock.set(_Clock(scope))
        try:
            yield
        finally:
            _clock.reset(token)


@contextmanager
def held_up() -> Iterator[None]:
    """Stop the clock of the time limit around the caller, if there is one."""
    clock = _clock.get()
    if clock is None:
        yield
        return
    clock.stop()
    try:
        yield
    finally:
        clock.go_on()
