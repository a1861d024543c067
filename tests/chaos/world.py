"""The stack of the chaos: real processes, with a network between them that can be cut."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import MongoClient

from deploy.embedded.kafka import KafkaServer
from deploy.embedded.loopback import loopback
from deploy.embedded.mongo import MongoServer
from deploy.embedded.processes import StartFailedError
from deploy.embedded.simulator import Simulator, SimulatorOptions
from deploy.embedded.stack import Stack
from deploy.embedded.wizard import Wizard
from deploy.kafka.topics import apply_topics, read_topics
from shared.contracts.channels import CHANNELS
from tests.chaos.plan import JIRA, SERVERS, SERVICES, Action, Fault
from tests.e2e.running import Store
from tests.support.relay import Relay
from tests.support.simulator import SimulatedJira

READY: Final = 60.0  # seconds in which everybody has to be well again
_STARTS: Final = 5
_POLL: Final = 0.1
_SMALL: Final = {"ISSUES_PER_TASK": "25", "LISTING_PAGE": "100", "BATCH_RECORDS": "200"}  # many gaps to hit
# Whoever falls silent is replaced after some seconds, so that a round is short.
_SOON: Final = {
    "KAFKA__SESSION_TIMEOUT": timedelta(seconds=3),
    "KAFKA__REQUEST_TIMEOUT": timedelta(seconds=8),
    "TASK_LEASE": timedelta(seconds=3),
    "SWEEP_INTERVAL": timedelta(seconds=1),
    "SWEEP_AFTER": timedelta(seconds=4),
    "REQUEUE_AFTER": timedelta(seconds=15),
    "JIRA__READ_TIMEOUT": timedelta(seconds=4),
    "JIRA__CONNECT_TIMEOUT": timedelta(seconds=4),
    "JIRA__MAX_BACKOFF": timedelta(seconds=2),
}

# Until the driver looks after a store that does not answer, and breaks with what waits for it.
_STORE_SOON: Final = "&connectTimeoutMS=2000&heartbeatFrequencyMS=2000"


@dataclass(kw_only=True)
class ChaosStack(Stack):
    """The stack, with a relay before each server."""

    simulator: SimulatorOptions | None = None
    services: tuple[str, ...] = SERVICES
    overrides: Mapping[str, str] = field(
        default_factory=lambda: {name: f"PT{length.total_seconds():g}S" for name, length in _SOON.items()}
    )
    relays: dict[str, Relay] = field(init=False)

    def __post_init__(self) -> None:
        self.relays = {server: Relay(self._caller) for server in (*SERVERS, JIRA)}
        self._relaying = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for relay in self.relays.values():
            await self._relaying.enter_async_context(relay)
        return await super().__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self.pids:
            self.resume(name)
        await super().__aexit__(kind, error, trace)
        await self._relaying.aclose()

    async def _start_kafka(self) -> str:
        relay = self.relays["kafka"]
        server = KafkaServer(folder=self.folder / "kafka", logs=self.logs, advertised=relay.port)
        relay.upstream = server.port
        await self._run(server)
        address = f"127.0.0.1:{relay.port}"
        await apply_topics(address, read_topics())
        return address

    async def _start_mongo(self) -> str:
        relay = self.relays["mongo"]
        server = MongoServer(folder=self.folder / "mongo", logs=self.logs)
        relay.upstream = server.port
        return (await self._run(server)).replace(str(server.port), str(relay.port)) + _STORE_SOON

    def _caller(self, theirs: int, ours: int) -> str | None:
        """Find out which process connects from a port to one of ours: a service, or the driver itself."""
        socket = _socket_of(theirs, ours)
        for name, pid in {**self.pids, "driver": os.getpid()}.items():
            if socket is not None and socket in _open_files(pid):
                return name
        return None


def _socket_of(local: int, remote: int) -> str | None:
    """Name the socket of a connection between two ports, as the kernel lists the files of its process."""
    ends = f":{local:04X}", f":{remote:04X}"
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(ends[0]) and fields[2].endswith(ends[1]):
            return f"socket:[{fields[9]}]"
    return None


def _open_files(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # it may have ended
        for file in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                found.add(os.readlink(f"/proc/{pid}/fd/{file}"))
    return found


@dataclass
class World:
    """A running stack, and what can be done to it."""

    stack: ChaosStack
    options: SimulatorOptions
    client: MongoClient[dict[str, Any]]
    exits: list[str] = field(default_factory=list)  # services that ended by themselves
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    @property
    def state(self) -> Store:
        return self.client["jira_import"]

    @property
    def windshift(self) -> Store:
        return self.client["windshift"]

    def wizard(self) -> Wizard:
        return Wizard(self.stack.url("connector"), self.stack.wiring.api_token)

    async def jira(self, host: str) -> tuple[Simulator, SimulatedJira]:
        """Start a Jira that calls itself by this name: a site of its own, with the same issues."""
        options = self.options
        own = (*options.extra, "--base-url", f"http://{host}")
        simulator = Simulator(
            options=SimulatorOptions(**{**vars(options), "extra": own}), logs=self.stack.logs
        )
        url = httpx.URL(await simulator.start())
        relay = self.stack.relays[JIRA]
        relay.upstream = url.port or 0
        return simulator, SimulatedJira(str(url.copy_with(port=relay.port)), options)

    async def happen(self, fault: Fault) -> None:
        """Do what a fault says, and make it good again."""
        async with self._locks.setdefault(fault.victim + fault.server, asyncio.Lock()):
            match fault.action:
                case Action.KILL:
                    self.stack.kill(fault.victim)
                    await asyncio.sleep(fault.seconds)
                    await self.start(fault.victim)
                case Action.PAUSE:
                    self.stack.pause(fault.victim)
                    await asyncio.sleep(fault.seconds)
                    self.stack.resume(fault.victim)
                case Action.CUT:
                    relay = self.stack.relays[fault.server]
                    relay.cut(fault.victim, fault.how)
                    await asyncio.sleep(fault.seconds)
                    relay.heal(fault.victim)

    @asynccontextmanager
    async def supervised(self) -> AsyncIterator[None]:
        """Start again what ends by itself, until the end of the block."""
        watching = asyncio.create_task(self._supervise())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _supervise(self) -> None:
        while True:
            await asyncio.sleep(_POLL)
            for name in SERVICES:
                lock = self._locks.setdefault(name, asyncio.Lock())
                if not lock.locked() and not self.stack.runs(name):
                    async with lock:
                        self.exits.append(f"{name}: {self.stack.tail(name)}")
                        await self.start(name)

    async def buried(self) -> Counter[str]:
        """Count the records on each dead letter topic."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.stack.wiring.kafka_bootstrap)
        await consumer.start()
        try:
            ends = await consumer.end_offsets(
                [TopicPartition(channel.dead_letter_topic, 0) for channel in CHANNELS]
            )
        finally:
            await consumer.stop()
        return Counter({partition.topic: end for partition, end in ends.items()})

    async def start(self, name: str) -> None:
        """Start a process as a supervisor does: again, when it ends before it is ready."""
        for _ in range(_STARTS):
            try:
                return await self.stack.start(name)
            except StartFailedError as error:
                self.exits.append(f"{name}: {str(error)[-2000:]}")
        raise AssertionError(f"{name} does not start: {self.exits[-1]}")

    async def well(self) -> list[str]:
        """Wait until every service is ready; return those that are not in time."""
        async with loopback(timeout=5.0) as http:
            waited = await asyncio.gather(*(self._is_well(http, name) for name in SERVICES))
        return [name for name, well in zip(SERVICES, waited, strict=True) if not well]

    async def _is_well(self, http: httpx.AsyncClient, name: str) -> bool:
        try:
            async with asyncio.timeout(READY):
                while True:
                    with suppress(httpx.TransportError):
                        if (await http.get(f"{self.stack.url(name)}/health/ready")).is_success:
                            return True
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            return False
