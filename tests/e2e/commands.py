"""`python -m deploy.embedded …` as a process, and every process that it is seen to start."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

WITHIN = 90.0  # seconds: the whole stack starts, on a busy machine too
NOT_PASSED_ON = ("KAFKA_BOOTSTRAP", "MONGO_URL", "ATLASSIAN_GATEWAY_URL", "DATA", "PYTHONPATH")

Checkout = Callable[[str], Path]


class Command:
    """`python -m deploy.embedded …` in some checkout, and all processes that it is seen to start."""

    def __init__(self, name: str, folder: Path, **variables: str) -> None:
        self.folder = folder
        self._output = folder / "output.txt"
        given = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.embedded", name],
                cwd=folder,
                env=given | variables,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._psutil = psutil.Process(self.process.pid)
        self.children: set[psutil.Process] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()  # the kernel ends its children then
        self.process.wait()

    def said(self) -> str:
        return self._output.read_text(encoding="utf-8")

    async def until(self, done: Callable[[], bool]) -> None:
        """Return once it is so; fail when the command ended before."""
        async with asyncio.timeout(WITHIN):
            while not done():
                with suppress(psutil.NoSuchProcess):
                    self.children |= set(self._psutil.children(recursive=True))
                assert self.process.poll() is None or done(), self.said()
                await asyncio.sleep(0.05)

    async def ended(self) -> int:
        await self.until(lambda: self.process.poll() is not None)
        return self.process.wait()

    def survivors(self) -> list[psutil.Process]:
        return [one for one in self.children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]

    async def stack(self) -> dict[str, Any]:
        """Wait until everything is ready; return what `make up` writes down then."""
        written = self.folder / ".run/stack.json"
        await self.until(written.exists)
        described: dict[str, Any] = json.loads(written.read_text())
        return described
