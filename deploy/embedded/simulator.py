"""The Jira simulator as a child process, in the flavour that a demo or a test asks for."""

import json
import os
import sys
from dataclasses import dataclass, field

from deploy.embedded.places import ROOT
from deploy.embedded.processes import Child, reserve_ports, spawn, wait_until
from deploy.embedded.server import Server

READING = 120.0  # seconds: a large file of real issues takes a while


@dataclass(frozen=True)
class Login:
    """What an admin types into the wizard."""

    deployment_type: str
    email: str
    api_token: str


# The simulator knows these three credentials.
LOGINS = {
    "cloud": Login("cloud", "admin@example.com", "classic-token"),
    "cloud-scoped": Login("cloud", "admin@example.com", "scoped-token"),
    "datacenter": Login("datacenter", "admin@example.com", "pat-token"),
}


@dataclass(frozen=True, kw_only=True)
class SimulatorOptions:
    """How the simulator is to behave; `extra` holds further flags of its command line."""

    deployment: str = "cloud"  # a key of LOGINS
    data: str = ""  # files of real issues, separated by commas; generated issues otherwise
    issues: int = 500
    projects: int = 2
    latency_ms: float = 0
    attachment_max_bytes: int | None = None
    seed: int = 1
    extra: tuple[str, ...] = ()

    @property
    def login(self) -> Login:
        return LOGINS[self.deployment]

    def flags(self) -> list[str]:
        flags: dict[str, object] = {
            "--deployment": self.login.deployment_type,
            "--latency-ms": self.latency_ms,
            "--seed": self.seed,
        }
        if self.data:
            flags["--data"] = self.data
        else:
            flags |= {"--issues": self.issues, "--projects": self.projects}
        if self.attachment_max_bytes is not None:
            flags["--attachment-max-bytes"] = self.attachment_max_bytes
        return [*(str(part) for pair in flags.items() for part in pair), *self.extra]


@dataclass(kw_only=True)
class Simulator(Server):
    """One Jira."""

    options: SimulatorOptions
    name: str = "simulator"
    _port: int = field(default_factory=lambda: reserve_ports(1)[0], init=False)

    async def start(self) -> str:
        command = [sys.executable, "-m", "deploy.jira_simulator", "--port", str(self._port)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        child = spawn(self.name, command + self.options.flags(), logs=self.logs, environment=environment)
        self.child = child

        async def announced() -> bool:
            return _address(child) is not None

        await wait_until(child, announced, within=READING)
        return _address(child) or ""


def _address(child: Child) -> str | None:
    """Look for the line of JSON by which the simulator says that it listens."""
    for line in child.output().splitlines(keepends=True):
        if line.startswith("{") and line.endswith("\n"):
            said = json.loads(line)
            if "url" in said:
                return str(said["url"])
    return None
