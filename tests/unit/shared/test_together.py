"""Several things at once: all of them, or the first error and nothing that goes on behind it."""

import asyncio

import pytest

from shared.together import together


async def test_results_come_in_the_order_that_was_asked_for() -> None:
    first = asyncio.Event()

    async def late() -> str:
        await first.wait()
        return "late"

    async def early() -> int:
        first.set()
        return 1

    assert await together(late(), early()) == ("late", 1)


async def test_the_first_error_is_raised_as_it_is_and_ends_the_others() -> None:
    ended = False

    async def waiting() -> None:
        nonlocal ended
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    async def failing() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await together(waiting(), failing(), waiting())
    assert ended
