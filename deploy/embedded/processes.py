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

from deploy.embedded.loopback import loopback

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
    log_start: int = 0  # what earlier processes of this name wrote ends here

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

    def pause(self) -> None:
        """SIGSTOP to all of the group."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT to all of the group."""
        self._signal(signal.SIGCONT)

    def output(self) -> str:
        """All that this process wrote."""
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")

    def tail(self) -> str:
        return "\n".join(self.output().splitlines()[-TAIL_LINES:])

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
        log_start = output.tell()
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
    return Child(name, process, log, log_start)


async def wait_until(
    child: Child, ready: Callable[[], Awaitable[bool]], *, within: float = 60.0, poll: float = POLL
) -> None:
    """Return once `ready` says so; else kill the child, and say why when it ended or its time is over."""
    try:
        async with asyncio.timeout(within):
            while not await ready():
                if not child.running:
                    code = child.process.returncode
                    raise StartFailedError(f"{child.name} ended with code {code}:\n{child.tail()}")
                await asyncio.sleep(poll)
    except TimeoutError:
        child.kill()
        raise StartFailedError(f"{child.name} is not ready after {within:g} s:\n{child.tail()}") from None
    except BaseException:
        child.kill()
        raise


async def wait_for_http(child: Child, url: str, *, within: float = 60.0) -> None:
    """Wait until a GET of `url` answers 200."""
    async with loopback(timeout=5.0) as client:

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


def reserve_ports(count: int) -> list[int]:
    """Ports of loopback for servers that this process starts: nobody else is given one while it lives.

    Each stays bound, but nobody listens: a server that sets SO_REUSEADDR (all of ours do) can still take it.
    """
    ports = []
    for _ in range(count):
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        ports.append(holder.getsockname()[1])
        if sys.platform == "linux":
            holder.detach()  # open until this process ends
        else:
            holder.close()  # elsewhere a bound port can't be shared
    return ports


def _die_with(parent: int) -> Callable[[], None] | None:
    if _libc is None:
        return None  # elsewhere only an orderly end of the parent stops the children
    libc = _libc

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent was gone before the kernel knew
            os._exit(1)

    return before_exec
