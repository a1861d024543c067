"""Work in the background: as long as its block, and ended behind it."""

import asyncio

import pytest

from shared.background import in_background


@pytest.mark.parametrize("broken", [False, True])
async def test_work_goes_on_until_the_block_ends_however_that_ends(broken: bool) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def block() -> None:
        async with in_background(work()):
            await began.wait()
            assert not ended.is_set()
            if broken:
                raise LookupError

    if broken:
        with pytest.raises(LookupError):
            await block()
    else:
        await block()
    assert ended.is_set()
