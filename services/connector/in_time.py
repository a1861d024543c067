"""Asking several things at once for somebody who waits: what comes late is left out."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from shared.logging import get_logger

log = get_logger("connector")

K = TypeVar("K")
T = TypeVar("T")


async def in_time(what: str, asked: Mapping[K, Coroutine[Any, Any, T]], *, patience: float) -> dict[K, T]:
    """Return the answers that came within so many seconds; raises what a timely one raised."""
    tasks = {key: asyncio.create_task(one) for key, one in asked.items()}
    if not tasks:
        return {}
    try:
        done, late = await asyncio.wait(tasks.values(), timeout=patience)
    finally:
        for task in tasks.values():
            task.cancel()
    if late:
        log.warning("cut_short", what=what, came=len(done), late=len(late))
    return {key: task.result() for key, task in tasks.items() if task in done}
