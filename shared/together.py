"""Asking for several things at once, of which each is of no use without the others."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeAlias, TypeVar, overload

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
Asked: TypeAlias = Coroutine[Any, Any, T]


@overload
async def together(one: Asked[A], two: Asked[B], /) -> tuple[A, B]: ...
@overload
async def together(one: Asked[A], two: Asked[B], three: Asked[C], /) -> tuple[A, B, C]: ...
@overload
async def together(one: Asked[A], two: Asked[B], three: Asked[C], four: Asked[D], /) -> tuple[A, B, C, D]: ...
@overload
async def together(*asked: Asked[T]) -> tuple[T, ...]: ...
async def together(*asked: Asked[Any]) -> tuple[Any, ...]:
    """Return the results in order; the first error ends the others, and is raised as it is.

    `asyncio.gather` leaves the others running: they would go on with a client that is closed by then.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in asked]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return tuple(task.result() for task in tasks)
