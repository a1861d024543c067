"""Simulated Jiras for tests: each flavour is one process, started once and reset for every test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from deploy.embedded.loopback import loopback
from deploy.embedded.simulator import Login, Simulator, SimulatorOptions

Running = dict[SimulatorOptions, tuple[Simulator, str]]
Simulators = Callable[[SimulatorOptions], Awaitable["SimulatedJira"]]


@dataclass(frozen=True)
class SimulatedJira:
    """One running simulator, and its routes for tests. `url` holds a context path, `root` does not."""

    url: str
    options: SimulatorOptions

    @property
    def root(self) -> str:
        return str(httpx.URL(self.url).copy_with(path="/")).rstrip("/")

    @property
    def login(self) -> Login:
        return self.options.login

    @property
    def base_url(self) -> str:
        """Where the credential of these options is accepted: the site, or the gateway of a scoped token."""
        if self.options.deployment == "cloud-scoped":
            return f"{self.url}/ex/jira/11111111-2222-4333-8444-555555555555"
        return self.url

    async def reset(self) -> None:
        """No faults, no limits, no dead credentials, nothing counted; edits stay."""
        await self._ask("DELETE", "/_sim/faults")
        await self._ask("DELETE", "/_sim/limits")
        await self._ask("DELETE", "/_sim/requests")

    async def faults(self, *rules: dict[str, Any]) -> None:
        """Replace the rules by which requests go wrong."""
        await self._ask("POST", "/_sim/faults", json=list(rules))

    async def limits(self, *limits: dict[str, Any]) -> None:
        """Replace the rate limits; each begins with all that it has."""
        await self._ask("POST", "/_sim/limits", json=list(limits))

    async def refused(self) -> int:
        """How many requests were answered with 429."""
        counted = (await self._ask("GET", "/_sim/requests")).json()["by_status"]
        return int(counted.get("429", 0))

    async def requests(self) -> dict[str, int]:
        """How often each route was asked."""
        counted: dict[str, int] = (await self._ask("GET", "/_sim/requests")).json()["by_route"]
        return counted

    async def edit(self, *edits: dict[str, Any]) -> list[str]:
        """Change the site as its users would; return the ids of the issues."""
        ids: list[str] = (await self._ask("POST", "/_sim/edits", json=list(edits))).json()["ids"]
        return ids

    async def truth(self, project: str, kind: str) -> list[str]:
        """Every id of a kind that a project really has."""
        lines = (await self._ask("GET", f"/_sim/truth/{project}/{kind}")).text.splitlines()
        return [line.strip('"') for line in lines]

    async def size(self, attachment: str) -> int:
        """How many bytes a file has, as Jira itself says."""
        version = 3 if self.login.deployment_type == "cloud" else 2
        account = (self.login.email, self.login.api_token) if version == 3 else ("admin", "admin")
        path = f"{self.url}/rest/api/{version}/attachment/{attachment}"
        return int((await self._ask("GET", path, auth=account)).json()["size"])

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with loopback(base_url=self.root, timeout=20) as http:
            response = await http.request(method, path, **options)
        assert response.status_code == 200, response.text
        return response


@pytest.fixture(scope="session")
def running_simulators() -> Iterator[Running]:
    """The processes of this session and their addresses, by their options."""
    running: Running = {}
    yield running
    asyncio.run(_stop(running))


async def _stop(running: Running) -> None:
    await asyncio.gather(*(simulator.stop() for simulator, _ in running.values()))


@pytest.fixture
async def simulators(
    running_simulators: Running, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Simulators]:
    """Get the Jira of some options: started at the first use, without faults at each."""
    used: list[SimulatedJira] = []

    async def simulated(options: SimulatorOptions) -> SimulatedJira:
        if options not in running_simulators:
            simulator = Simulator(options=options, logs=tmp_path_factory.mktemp("simulator"))
            running_simulators[options] = simulator, await simulator.start()
        jira = SimulatedJira(running_simulators[options][1], options)
        await jira.reset()
        used.append(jira)
        return jira

    yield simulated
    for jira in used:
        with suppress(httpx.TransportError):
            await jira.reset()
