"""One of our own services as a child process."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.embedded.environment import Wiring, environment_of, kind_of
from deploy.embedded.places import ROOT
from deploy.embedded.processes import reserve_ports, spawn, wait_for_http
from deploy.embedded.server import Server


@dataclass(kw_only=True)
class Service(Server):
    """`name` is as in SERVICES; ready means that broker and store answer it."""

    wiring: Wiring
    overrides: Mapping[str, str] = field(default_factory=dict)
    grace: float = 20.0
    _port: int = field(default_factory=lambda: reserve_ports(1)[0], init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> str:
        self.child = spawn(
            self.name,
            [sys.executable, "-m", f"services.{kind_of(self.name)}"],
            logs=self.logs,
            environment=environment_of(self.name, self._port, self.wiring, self.overrides),
            directory=ROOT,
        )
        await wait_for_http(self.child, f"{self.url}/health/ready")
        return self.url
