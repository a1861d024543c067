"""Opens the world of the chaos, for the command and for the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from deploy.embedded.simulator import SimulatorOptions
from tests.chaos.world import ChaosStack, World


@asynccontextmanager
async def opened(folder: Path, options: SimulatorOptions) -> AsyncIterator[World]:
    """Start the stack for the length of a block; its Jiras have these options."""
    async with ChaosStack(folder=folder, logs=folder / "logs") as stack:
        # Past the relay, which this process is itself: a call that blocks would wait for its own end.
        direct = f"mongodb://127.0.0.1:{stack.relays['mongo'].upstream}/?directConnection=true"
        with MongoClient[dict[str, Any]](direct, tz_aware=True, retryWrites=False) as client:
            yield World(stack, options, client)
