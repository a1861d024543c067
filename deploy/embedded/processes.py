"""Child processes that never outlive their parent, with a log file each and a wait for readiness."""

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

PR_SET_PDEATHSIG = 1
TAIL_LINES = 25
POLL = 0.05  # seconds between two looks whether a child is ready or gone

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StartFailedError(RuntimeError):
    """A child ended, or did not become ready in time; the message carries the end of its log."""


@dataclass
class Child:
    """One running process, the leader of a process group of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    async def stop(self, grace: float = 30.0) -> None:
        """SIGTERM, then SIGKILL for what is still there after the grace time."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                while self.running:
                    await asyncio.sleep(POLL)
        except TimeoutError:
            pass
        finally:
            self.kill()  # also when the wait was cancelled, and for what the child itself started

    def kill(self) -> None:
        """SIGKILL, and wait until the process is gone."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)  # the group's id is its leader's, which is not reaped before `wait`
        except ProcessLookupError:
            return


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    logs: Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Child:
    """Start a child that the kernel kills when this *thread* ends: call it from the main thread only.

    A group of its own keeps the terminal's Ctrl-C away from it: the parent stops children in its order.
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=directory,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),
        )
    return Child(name, process, log)


async def wait_until(
    child: Child, ready: Callable[[], Awaitable[bool]], *, within: float = 60.0, poll: float = POLL
) -> None:
    """Return once `ready` says so; raise `StartFailedError` when the child ends or the time is over."""
    try:
        async with asyncio.timeout(within):
            while not await ready():
                if not child.running:
                    code = child.process.returncode
                    raise StartFailedError(f"{child.name} ended with code {code}:\n{child.tail()}")
                await asyncio.sleep(poll)
    except TimeoutError:
        raise StartFailedError(f"{child.name} is not ready after {within:g} s:\n{child.tail()}") from None


async def wait_for_http(child: Child, url: str, *, within: float = 60.0) -> None:
    """Wait until a GET of `url` answers 200."""
    # trust_env: a proxy of the environment must not see loopback requests
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:

        async def answers() -> bool:
            try:
                return (await client.get(url)).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        await wait_until(child, answers, within=within)


async def accepts(host: str, port: int) -> bool:
    """Tell whether somebody listens there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; all are held until the last is known, so they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _die_with(parent: int) -> Callable[[], None] | None:
    if _libc is None:
        return None  # elsewhere only an orderly end of the parent stops the children
    libc = _libc

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent was gone before the kernel knew
            os._exit(1)

    return before_exec
