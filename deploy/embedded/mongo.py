"""A store that speaks MongoDB's protocol on one node: `secantusd-py`, as a process of its own (it is GPL)."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded.processes import Child, accepts, free_ports, spawn, wait_until

SERVER = Path(sys.executable).with_name("secantusd-py")


@dataclass
class MongoServer:
    """One store; its data outlives `stop` and `kill`, so that `start` goes on where it was.

    `--standalone`: nothing here needs transactions or change streams, and keeping the log that feeds them
    costs nearly half of the inserts (27,000 instead of 46,000 a second). A write with `w: 1, j: true`
    survives SIGKILL either way; surviving a power loss (`--sync-on-commit`) would cost a hundredfold.
    """

    folder: Path
    logs: Path
    name: str = "mongo"
    child: Child | None = None
    _port: int = field(default_factory=lambda: free_ports(1)[0])

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"

    async def start(self, within: float = 30.0) -> str:
        """Run the store and return its address."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [
            *(sys.executable, SERVER),
            *("--host", "127.0.0.1", "--port", str(self._port)),
            *("--storage-path", self.folder / "data"),
            *("--log-level", "WARNING"),
            "--standalone",
        ]
        # Its own folder: it would read a configuration file that lies in the current one.
        self.child = spawn(self.name, command, logs=self.logs, directory=self.folder)
        await wait_until(self.child, lambda: accepts("127.0.0.1", self._port), within=within)
        return self.url

    async def stop(self) -> None:
        if self.child is not None:
            await self.child.stop(grace=10.0)

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()
