"""`make demo` and `make up` as a user runs them, each in a checkout of its own made of symbolic links."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil
import pytest

from deploy.embedded.places import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

WITHIN = 60.0  # seconds
SERVICES = {"connector", "fetcher-1", "fetcher-2", "loader"}
MEMBERS = {"connector", "api_token", "simulator", "mongo_url", "kafka_bootstrap", "metrics", "pids"}
NOT_PASSED_ON = ("KAFKA_BOOTSTRAP", "MONGO_URL", "ATLASSIAN_GATEWAY_URL", "DATA", "PYTHONPATH")

Checkout = Callable[[str], Path]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Make a checkout: its `.run` folder, and the lock in it, are nobody else's."""

    def make(name: str) -> Path:
        for part in ("deploy", "services", "shared"):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / part).symlink_to(ROOT / part)
        return tmp_path / name

    return make


async def test_the_demo_balances(checkout: Checkout) -> None:
    with Command("demo", checkout("demo"), ISSUES="50", DEPLOYMENT="cloud") as demo:
        assert await demo.ended() == 0, demo.said()
    for part in ("Closing account", "It balances.", " issue ", " comment ", " worklog ", " attachment "):
        assert part in demo.said()
    assert len(demo.children) >= len(SERVICES) + 3
    assert demo.survivors() == []


async def test_up_without_a_simulator_runs_until_it_is_interrupted(checkout: Checkout) -> None:
    folder = checkout("up")
    written = folder / ".run/stack.json"
    with Command("up", folder, WITH_SIMULATOR="0") as up:
        await up.until(lambda: written.exists() and written.read_text().endswith("}\n"))
        stack = json.loads(written.read_text())
        await assert_describes(stack)
        up.process.send_signal(signal.SIGINT)
        assert await up.ended() == 0, up.said()
    assert not written.exists()
    assert set(stack["pids"].values()) <= {child.pid for child in up.children}
    assert up.survivors() == []


async def assert_describes(stack: dict[str, Any]) -> None:
    """The file has the members that other programs rely on, and everything in it answers."""
    assert stack.keys() == MEMBERS
    assert stack["metrics"].keys() == SERVICES
    assert stack["pids"].keys() == SERVICES | {"kafka", "mongo"}
    assert stack["simulator"] is None
    assert stack["mongo_url"].startswith("mongodb://127.0.0.1:")
    assert stack["kafka_bootstrap"].startswith("127.0.0.1:")
    jobs = f"{stack['connector']}/api/admin/jira-import/jobs"
    async with httpx.AsyncClient(trust_env=False) as http:
        token = {"Authorization": f"Bearer {stack['api_token']}"}
        assert (await http.get(jobs, headers=token)).json() == []
        assert (await http.get(jobs)).status_code in (401, 403)
        for url in stack["metrics"].values():
            assert "process_resident_memory_bytes" in (await http.get(url)).text


class Command:
    """`python -m deploy.embedded …` in some checkout, and all processes that it is seen to start."""

    def __init__(self, name: str, folder: Path, **variables: str) -> None:
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
