"""Another mapping, applied to what is in the store: page by page, restartable, and back again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from shared.contracts.channels import REMAP
from shared.contracts.events import RemapProgressed, RemapRequested
from shared.field_types import FieldType
from shared.ids import entity_id, field_id
from shared.kinds import Deployment, EntityKind, TaskKind
from shared.mongo import Store
from shared.settings import KafkaSettings, MongoSettings
from shared.state import State
from shared.state.findings import FindingCode
from shared.state.imports import Import, ProjectRun
from shared.state.ledger import Task
from shared.state.plans import FieldChoice, ImportPlan
from shared.state.remaps import Remap
from tests.integration.loader.conftest import Running, World
from tests.integration.loader.test_mapping import POINTS, everything, issue, stored
from tests.support.connector import eventually
from tests.support.dying import dying
from tests.support.patience import PATIENCE

ISSUES = 25
COLLECTIONS = ("items", "item_types", "statuses", "milestones", "workspaces", "custom_fields")


async def loaded(world: World, store: Store, running: Running) -> None:
    """An import of 25 issues, in five tasks, under the plan that creates everything."""
    state = State(store)
    import_ = Import(
        id=world.import_id,
        connection_id="c",
        site=world.site,
        instance_url="https://jira.example.org",
        deployment=Deployment.CLOUD,
        project_keys=("ABC",),
        created_at=datetime.now(UTC),
    )
    run = ProjectRun(import_id=world.import_id, site=world.site, project_key="ABC", project_id="10000")
    await state.imports.create(import_, [run])
    await state.plans.put(world.import_id, ImportPlan(site=world.site, fields=(POINTS,)))
    issues = [issue(world, str(number), customfield_3=number / 2) for number in range(ISSUES)]
    entities = everything(world, *issues)
    for number in range(5):
        some = [*entities[:5], *issues[number * 5 : number * 5 + 5]]
        task = Task(world.import_id, "ABC", TaskKind.ISSUES, f"{number:03}")
        manifest: dict[EntityKind, list[str]] = {}
        for one in some:
            manifest.setdefault(one.kind, []).append(one.id)
        await state.ledger.register([task])
        await state.ledger.finish(task, manifest)
    async with running():
        await world.send(*entities, world.marker())
        await world.account()


def plan(world: World, revision: int) -> ImportPlan:
    """The plan of the odd revisions creates everything, that of the even ones maps."""
    known = ImportPlan(site=world.site, fields=(POINTS,), revision=revision)
    if revision % 2:
        return known
    targets: dict[str, Any] = {
        entity_id(world.site, EntityKind.STATUS, "3"): "ws:done",
        entity_id(world.site, EntityKind.PROJECT, "10000"): "ws:1",
        entity_id(world.site, EntityKind.VERSION, "8"): None,
    }
    choice = FieldChoice(action="map", type=FieldType.DATE, target="ws:when")  # which takes no numbers
    return known.model_copy(update={"targets": targets, "choices": {POINTS.id: choice}})


async def request(world: World, store: Store, revision: int, *, times: int = 1) -> None:
    state = State(store)
    await state.plans.put(world.import_id, plan(world, revision))
    await state.remaps.begin(world.import_id, revision, {"ABC": ISSUES})
    event = RemapRequested(import_id=world.import_id, project_key="ABC", revision=revision)
    for _ in range(times):
        await send(world.producer, event)


async def send(producer: AIOKafkaProducer, event: RemapRequested) -> None:
    await producer.send_and_wait(REMAP.topic, event.model_dump_json().encode(), key=REMAP.key_of(event))


async def progress(world: World) -> AsyncIterator[RemapProgressed]:
    async with asyncio.timeout(PATIENCE):
        async for event in world.events():
            if isinstance(event, RemapProgressed):
                yield event
                if event.finished:
                    return


async def snapshot(store: Store) -> dict[str, dict[str, Any]]:
    return {
        name: {id_: one.get("hash") for id_, one in (await stored(store, name)).items()}
        for name in COLLECTIONS
    }


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.loader.remap._PAGE", 12)
    monkeypatch.setattr("services.loader.batch._RELOADED", 2_000)


async def test_there_and_back_again(running: Running, world: World, store: Store) -> None:
    await loaded(world, store, running)
    before = await snapshot(store)
    async with running():
        await request(world, store, 2, times=2)  # as after a crash: each event too many finds less to do
        told = [event async for event in progress(world)]
        account = await world.account()
        items = await stored(store, "items")
        findings = [one async for one in State(store).findings.of_project(world.import_id, "ABC")]
        await request(world, store, 3)
        back = [event async for event in progress(world)]
        await world.account()

    assert {(one["workspace_id"], one["status_id"]) for one in items.values()} == {("ws:1", "ws:done")}
    assert all(
        one["milestone_ids"] == [entity_id(world.site, EntityKind.VERSION, "7")] for one in items.values()
    )
    assert all(one["custom_fields"] == {} for one in items.values())
    assert {one.code for one in findings} == {FindingCode.VALUE_KEPT_RAW}
    assert len(findings) == ISSUES
    assert [event.done for event in told][-1] == ISSUES
    assert (
        told[-1].changed == ISSUES + 1 + 3
    )  # a version has another workspace; three originals are kept aside
    assert all(kind.missing == 0 and kind.jira == kind.windshift for kind in account.kinds.values())
    assert account.kinds[EntityKind.STATUS].mapped == 1
    assert back[-1].changed == ISSUES + 1
    assert await snapshot(store) == before
    assert not [one async for one in State(store).findings.of_project(world.import_id, "ABC")]
    (item,) = [one for one in (await stored(store, "items")).values() if one["jira_id"] == "5"]
    assert item["custom_fields"] == {field_id(world.site, POINTS.id): 2.5}


async def test_a_loader_that_is_gone_in_the_middle(
    running: Running,
    world: World,
    store: Store,
    kafka_settings: KafkaSettings,
    mongo_settings: MongoSettings,
) -> None:
    """It dies when the last page is made and told, and how far it is was not stored."""
    await loaded(world, store, running)
    soon = kafka_settings.model_copy(update={"session_timeout": timedelta(seconds=3)})
    async with dying("loader", "remap.published:kill", soon, mongo_settings) as process:
        await request(world, store, 2)
        await process.died()
    middle = await State(store).remaps.get(world.import_id, "ABC")
    assert middle is not None
    assert (middle.position, middle.finished_at) == (0, None)
    async with running():
        told = [event async for event in progress(world)]  # of the dead one, which was through
        again = await eventually(lambda: finished(world, store))
    assert told[-1].done == again.done == ISSUES
    assert {one["status_id"] for one in (await stored(store, "items")).values()} == {"ws:done"}


async def finished(world: World, store: Store) -> Remap | None:
    remap = await State(store).remaps.get(world.import_id, "ABC")
    return remap if remap and remap.finished_at else None


async def test_a_newer_mapping_replaces_one_that_is_being_applied(
    running: Running, world: World, store: Store
) -> None:
    await loaded(world, store, running)
    await request(world, store, 2)
    await request(world, store, 4)
    async with running():
        told = [event async for event in progress(world)]
    assert {event.revision for event in told} == {4}
    assert {one["status_id"] for one in (await stored(store, "items")).values()} == {"ws:done"}
