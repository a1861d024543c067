"""The whole stack as child processes: broker, store, Jira simulator and services, started side by side."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from aiokafka.errors import KafkaConnectionError

from deploy.embedded.environment import SERVICES, Wiring
from deploy.embedded.kafka import KafkaServer
from deploy.embedded.mongo import MongoServer
from deploy.embedded.processes import StartFailedError
from deploy.embedded.server import Server
from deploy.embedded.service import Service
from deploy.embedded.simulator import Simulator, SimulatorOptions
from deploy.kafka.topics import apply_topics, read_topics


@dataclass(kw_only=True)
class Stack:
    """Everything that an import needs, for the length of an `async with` block.

    `KAFKA_BOOTSTRAP` and `MONGO_URL` point at servers that exist already. Enter it in the main thread: the
    kernel kills the children when that thread ends, whatever ended it.
    """

    folder: Path
    logs: Path
    simulator: SimulatorOptions | None = field(default_factory=SimulatorOptions)
    services: tuple[str, ...] = SERVICES
    gateway: str | None = None  # of Jira Cloud: the simulator's, else Atlassian's, unless given
    overrides: Mapping[str, str] = field(default_factory=dict)  # more variables for every service

    wiring: Wiring = field(init=False)
    simulator_url: str | None = field(default=None, init=False)
    _servers: dict[str, Server] = field(default_factory=dict, init=False)

    async def __aenter__(self) -> Self:
        try:
            await self._start_surroundings()
            async with asyncio.TaskGroup() as group:
                for name in self.services:
                    service = Service(name=name, logs=self.logs, wiring=self.wiring, overrides=self.overrides)
                    group.create_task(self._run(service))
        except BaseException:
            await self._stop_all()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_all()

    @property
    def pids(self) -> dict[str, int]:
        """Of all that runs here, by name."""
        return {name: server.child.pid for name, server in self._servers.items() if server.child}

    def pid(self, name: str) -> int:
        return self.pids[name]

    def runs(self, name: str) -> bool:
        """Tell whether it was started and has not ended."""
        child = self._servers[name].child
        return child is not None and child.running

    def tail(self, name: str) -> str:
        """The last lines that it wrote."""
        child = self._servers[name].child
        return child.tail() if child else ""

    def url(self, service: str) -> str:
        """Where a service listens; it stays the same when the service is started again."""
        found = self._servers[service]
        if not isinstance(found, Service):
            raise KeyError(service)
        return found.url

    async def start(self, name: str, **variables: str) -> None:
        """Start again what was stopped or killed, at its old address, and wait until it is ready.

        `variables` are more ones of a service, this once.
        """
        server = self._servers[name]
        if isinstance(server, Service):
            server.overrides = {**self.overrides, **variables}
        await server.start()

    async def stop(self, name: str) -> None:
        """SIGTERM to a service, `simulator`, `kafka` or `mongo`."""
        await self._servers[name].stop()

    def kill(self, name: str) -> None:
        """SIGKILL to a service, `simulator`, `kafka` or `mongo`."""
        self._servers[name].kill()

    def pause(self, name: str) -> None:
        """SIGSTOP: it stands still, and knows nothing of it."""
        self._servers[name].pause()

    def resume(self, name: str) -> None:
        """SIGCONT after `pause`."""
        self._servers[name].resume()

    async def _start_surroundings(self) -> None:
        async with asyncio.TaskGroup() as group:
            bootstrap = group.create_task(self._start_kafka())
            mongo_url = group.create_task(self._start_mongo())
            simulator = group.create_task(self._start_simulator())
        self.simulator_url = simulator.result()
        self.wiring = Wiring(bootstrap.result(), mongo_url.result(), self.gateway or self.simulator_url)

    async def _start_kafka(self) -> str:
        if given := os.environ.get("KAFKA_BOOTSTRAP"):
            try:
                await apply_topics(given, read_topics())
            except KafkaConnectionError as error:
                raise StartFailedError(f"KAFKA_BOOTSTRAP is {given}, and no Kafka answers there.") from error
            return given
        bootstrap = await self._run(KafkaServer(folder=self.folder / "kafka", logs=self.logs))
        await apply_topics(bootstrap, read_topics())
        return bootstrap

    async def _start_mongo(self) -> str:
        if given := os.environ.get("MONGO_URL"):
            return given
        return await self._run(MongoServer(folder=self.folder / "mongo", logs=self.logs))

    async def _start_simulator(self) -> str | None:
        if self.simulator is None:
            return None
        return await self._run(Simulator(options=self.simulator, logs=self.logs))

    async def _run(self, server: Server) -> str:
        self._servers[server.name] = server
        return await server.start()

    async def _stop_all(self) -> None:
        """Services first, so that they can still commit; then what they depend on."""
        services = [server for server in self._servers.values() if isinstance(server, Service)]
        others = [server for server in self._servers.values() if not isinstance(server, Service)]
        for group in (services, others):
            await asyncio.gather(*(server.stop() for server in group))
