"""Files whose message was lost go in the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from deploy.embedded.service import Service
from deploy.embedded.simulator import SimulatorOptions
from shared.ids import site_id
from tests.e2e.conftest import JiraOf
from tests.e2e.running import World
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CLOUD = SimulatorOptions(deployment="cloud", issues=60, projects=2, seed=11, attachment_max_bytes=300_000)
FETCHERS = ("fetcher-1", "fetcher-2")
SOON = {"ORPHANS_AFTER": "PT2S"}


@asynccontextmanager
async def fetching(world: World, **overrides: str) -> AsyncIterator[Service]:
    """One fetcher with other settings, in the place of those of the stack."""
    fetcher = Service(
        name=FETCHERS[0],
        logs=world.stack.logs,
        wiring=world.stack.wiring,
        overrides={**world.stack.overrides, **overrides},
    )
    await fetcher.start()
    try:
        yield fetcher
    finally:
        await fetcher.stop()


@pytest.fixture
async def without_fetchers(world: World) -> AsyncIterator[None]:
    """The stack has no fetchers for a while."""
    for name in FETCHERS:
        await world.stack.stop(name)
    yield
    await asyncio.gather(*(world.stack.start(name) for name in FETCHERS))


@pytest.mark.usefixtures("without_fetchers")
async def test_a_file_whose_fetcher_died_before_it_could_tell(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(CLOUD)
    async with world.wizard() as wizard:
        connection = str((await wizard.connect(jira.url, jira.login))["connection_id"])
        async with fetching(world, FAIL_POINTS="attachments.stored:kill") as fetcher:
            job = await wizard.start(connection, ["SIM"], await wizard.analyze(connection, ["SIM"]))
            await until(lambda: fetcher.child is not None and not fetcher.child.running)
        lost = files(world, jira.url)
        assert lost
        assert lost.isdisjoint(told_of(world))
        await wizard.steer(job, "cancel")
    async with fetching(world, **SOON):
        await until(lambda: not files(world, jira.url))
    assert world.windshift["attachments.chunks"].count_documents({"files_id": {"$in": list(lost)}}) == 0


def files(world: World, jira_url: str) -> set[str]:
    """The blobs of a site."""
    prefix = f"{site_id(jira_url)}:"
    query = {"_id": {"$gte": prefix, "$lt": f"{prefix[:-1]};"}}
    return {file["_id"] for file in world.windshift["attachments.files"].find(query, {"_id": 1})}


def told_of(world: World) -> set[str]:
    return {one["_id"] for one in world.windshift["attachments"].find({}, {"_id": 1})}


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not done():
            await asyncio.sleep(0.05)
