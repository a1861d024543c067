"""A loader dies or stands still in each gap of its own; another one then comes to the same end."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial

import httpx
import pytest
from pydantic import SecretStr

from services.loader.handlers import GROUP
from shared.contracts.channels import ENTITIES
from shared.contracts.events import KindAccount
from shared.kinds import EntityKind
from shared.mongo import Store
from shared.settings import KafkaSettings, MongoSettings
from tests.integration.loader.conftest import Running, World
from tests.integration.loader.test_delivery import LARGE_ISSUE, fetched, issues
from tests.support.dying import Dying, dying
from tests.support.groups import caught_up, committed
from tests.support.relay import Relay
from tests.unit.loader.entities import CLOUD_ISSUE, entity

DyingLoader = Callable[[str], AbstractAsyncContextManager[Dying]]

COUNT = 60
ALL = {EntityKind.ISSUE: KindAccount(jira=COUNT, windshift=COUNT, missing=0, dead_lettered=0)}


@pytest.fixture
def quick_kafka(kafka_settings: KafkaSettings) -> KafkaSettings:
    """Whoever dies is missed after some seconds."""
    return kafka_settings.model_copy(update={"session_timeout": timedelta(seconds=3)})


@pytest.fixture
def dying_loader(quick_kafka: KafkaSettings, mongo_settings: MongoSettings) -> DyingLoader:
    """A loader with fail points armed, on the same servers as the one that runs after it."""
    return partial(dying, "loader", kafka=quick_kafka, mongo=mongo_settings)


@pytest.mark.parametrize(
    "point",
    [
        "loader.read",  # nothing is written
        "loader.written",  # all is written, and nobody is told
        "loader.told",  # all is told, and the offset is not committed
    ],
)
async def test_a_loader_that_dies_in_a_gap(
    point: str, running: Running, world: World, store: Store, dying_loader: DyingLoader
) -> None:
    await fetched(store, world, {EntityKind.ISSUE: [str(id_) for id_ in range(COUNT)]})
    async with dying_loader(f"{point}:kill") as process:
        await world.send(*issues(world, COUNT))
        await process.died()
    async with running():
        await world.send(world.marker())
        account = await world.account()
    assert account.kinds == ALL
    assert await store.windshift["items"].count_documents({}) == COUNT


async def test_a_loader_that_dies_amid_a_backlog_has_told_of_nothing(
    running: Running, world: World, store: Store, dying_loader: DyingLoader
) -> None:
    """Of what it had written before, nobody knew: it is counted by the one that finds it there."""
    await world.send(*issues(world, 600, LARGE_ISSUE))
    async with dying_loader("loader.written:kill") as process:
        await process.died()
    before = await store.windshift["items"].count_documents({})
    async with running():
        told = await world.batches(600)
    assert 0 < before < 600
    assert sum(one.loaded[EntityKind.ISSUE] for one in told) == 600
    assert sum(one.written for one in told) == 600 - before


async def test_a_zombie_writes_nothing_old_and_commits_nothing(
    running: Running, world: World, store: Store, dying_loader: DyingLoader, quick_kafka: KafkaSettings
) -> None:
    """It stands still with a batch in hand until another loader has its partitions, and newer issues.

    That one stays: for a group without members, Kafka takes the offset of anybody whose membership ended.
    """
    await fetched(store, world, {EntityKind.ISSUE: [str(id_) for id_ in range(COUNT)]})
    async with dying_loader("loader.read:stop") as zombie:
        await world.send(*issues(world, COUNT))
        await zombie.stands()
        newer = {**CLOUD_ISSUE, "fields": {**CLOUD_ISSUE["fields"], "summary": "Newer"}}
        async with running():
            await world.batches(COUNT)
            later = [
                entity(
                    EntityKind.ISSUE, str(id_), newer, import_id=world.import_id, site=world.site, updated=2
                )
                for id_ in range(COUNT)
            ]
            await world.send(*later, world.marker())
            account = await world.account()
            before = await store.windshift["items"].find().sort("_id", 1).to_list(None)
            reached = await caught_up(quick_kafka.bootstrap_servers, GROUP, ENTITIES.topic)
            zombie.go_on()
            await world.batches(COUNT)  # it tells of its batch, which the connector knows by its offsets
            await zombie.says("CommitFailed", "not recognized")
            assert await committed(quick_kafka.bootstrap_servers, GROUP) == reached
    assert account.kinds == ALL
    assert {one["title"] for one in before} == {"Newer"}
    assert await store.windshift["items"].find().sort("_id", 1).to_list(None) == before


async def test_a_batch_that_outlives_the_longest_poll_interval(
    running: Running,
    world: World,
    store: Store,
    quick_kafka: KafkaSettings,
    mongo_settings: MongoSettings,
) -> None:
    """The store falls silent for one loader: another one takes over in the middle of its batch."""
    impatient = quick_kafka.model_copy(update={"max_poll_interval": timedelta(seconds=2)})
    url = httpx.URL(mongo_settings.url.get_secret_value())
    await fetched(store, world, {EntityKind.ISSUE: [str(id_) for id_ in range(COUNT)]})
    async with Relay(upstream=url.port or 0) as relay:
        behind = SecretStr(str(url.copy_with(port=relay.port)))
        slow = mongo_settings.model_copy(update={"url": behind})
        async with running(kafka=impatient, mongo=slow):
            await world.send(*issues(world, 1))
            await world.batches(1)
            relay.cut()
            await world.send(*issues(world, COUNT))
            async with running(kafka=impatient):
                await world.batches(COUNT)
                relay.heal()
                await world.batches(1)  # late, by the first one, however much it had in hand
                await world.send(world.marker())
                account = await world.account()
    assert account.kinds == ALL
    assert await store.windshift["items"].count_documents({}) == COUNT
