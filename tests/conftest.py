"""Fixtures that every tier may use, and the time that a test may take."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.servers", "tests.support.simulator", "tests.support.connector"]

# No test is timed: on a busy machine an example takes what it takes.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_CLOSING = 30.0  # seconds that a coroutine has to close what it opened, once its time is over
_FIXTURES = 240.0  # seconds that fixtures have: they start servers, and download them on the first run


def pytest_itemcollected(item: pytest.Item) -> None:
    """Limit a test to its time, and fixtures to theirs; end a coroutine that takes too long from within.

    Interrupted from outside it would end with its loop, where all tasks are cancelled at once: drivers wait
    for answers then, minutes long, that nobody reads any more.
    """
    marker = item.get_closest_marker("timeout")
    seconds = float(marker.args[0] if marker else item.config.getini("timeout"))
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
        item.obj = _limited(item.obj, seconds)
    item.add_marker(pytest.mark.timeout(seconds + _CLOSING + _FIXTURES), append=False)


def _limited(test: Callable[..., Awaitable[None]], seconds: float) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def limited(*args: Any, **kwargs: Any) -> None:
        async with asyncio.timeout(seconds):
            await test(*args, **kwargs)

    return limited
