"""One stack for all whole imports: each of them reads from a Jira of its own, which is a site of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.embedded.places import ROOT
from deploy.embedded.simulator import Simulator, SimulatorOptions
from deploy.embedded.stack import Stack
from tests.e2e.commands import Checkout
from tests.e2e.running import World
from tests.support.simulator import SimulatedJira

SCOPED = SimulatorOptions(deployment="cloud-scoped", issues=160, projects=2, attachment_max_bytes=400_000)
# The broker waits that long for a member that was killed; it takes nothing shorter.
SOON = {"KAFKA__SESSION_TIMEOUT": "PT6S"}

JiraOf = Callable[[SimulatorOptions], Awaitable[SimulatedJira]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Broker, store, two fetchers, loader, connector; its own Jira answers scoped tokens at the gateway."""
    folder = tmp_path_factory.mktemp("stack")
    unique = uuid4().hex[:8]
    databases = {
        "MONGO__STATE_DATABASE": f"state_{unique}",
        "MONGO__WINDSHIFT_DATABASE": f"windshift_{unique}",
    }
    stack = Stack(folder=folder, logs=folder / "logs", simulator=SCOPED, overrides=databases | SOON)
    try:
        asyncio.run(stack.__aenter__())
        with World.of(stack, *databases.values()) as opened:
            yield opened
    finally:
        asyncio.run(stack.__aexit__(None, None, None))


@pytest.fixture
async def jira_of(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[JiraOf]:
    """Start a further Jira of some options, for one test."""
    started: list[Simulator] = []

    async def start(options: SimulatorOptions) -> SimulatedJira:
        started.append(Simulator(options=options, logs=tmp_path_factory.mktemp("jira")))
        return SimulatedJira(await started[-1].start(), options)

    yield start
    await asyncio.gather(*(simulator.stop() for simulator in started))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Make a checkout out of symbolic links: its `.run` folder, and the lock in it, are nobody else's."""

    def make(name: str) -> Path:
        for part in ("deploy", "services", "shared"):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / part).symlink_to(ROOT / part)
        return tmp_path / name

    return make
