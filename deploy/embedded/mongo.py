"""A store that speaks MongoDB's protocol on one node: `secantusd-py`, as a process of its own (it is GPL)."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded.processes import accepts, reserve_ports, spawn, wait_until
from deploy.embedded.server import Server

EXECUTABLE = Path(sys.executable).with_name("secantusd-py")
# A request that has to wait until changes leave the cache waits for ever, and all others with it: it holds
# the lock that whoever reads those pages needs to let go of them. So none waits before the cache is full.
CACHE = "eviction_dirty_trigger=90,eviction_updates_trigger=90"  # percent; WiredTiger's own: 20 and 10


@dataclass(kw_only=True)
class MongoServer(Server):
    """One store on loopback.

    `--standalone`: nothing here needs transactions or change streams, and keeping the log that feeds them
    costs nearly half of the inserts (27,000 instead of 46,000 a second). A write with `w: 1, j: true`
    survives SIGKILL either way; surviving a power loss (`--sync-on-commit`) would cost a hundredfold.
    """

    folder: Path
    name: str = "mongo"
    _port: int = field(default_factory=lambda: reserve_ports(1)[0], init=False)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    async def start(self) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [
            *(sys.executable, EXECUTABLE),
            *("--host", "127.0.0.1", "--port", str(self._port)),
            *("--storage-path", self.folder / "data"),
            *("--log-level", "WARNING"),
            "--standalone",
        ]
        # Its own folder: it would read a configuration file that lies in the current one.
        environment = {**os.environ, "WIREDTIGER_CONFIG": CACHE}
        self.child = spawn(self.name, command, logs=self.logs, environment=environment, directory=self.folder)
        await wait_until(self.child, lambda: accepts("127.0.0.1", self._port))
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"
