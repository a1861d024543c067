"""At least once in, exactly once in the store: poison, redelivery, markers, refusals, large payloads."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.loader.handlers import GROUP
from shared.blobs import Blobs
from shared.contracts.channels import ENTITIES
from shared.contracts.events import EntityFetched, KindAccount
from shared.ids import entity_id
from shared.kinds import Deployment, EntityKind, TaskKind
from shared.kinds import State as ImportState
from shared.mongo import Store
from shared.state import State
from shared.state.dead_letters import Way
from shared.state.findings import FindingCode
from shared.state.imports import Import
from shared.state.ledger import Task
from tests.integration.loader.conftest import Running, World
from tests.support.groups import committed
from tests.support.patience import PATIENCE
from tests.unit.loader.entities import CLOUD_ISSUE, entity

# Of six kilobytes.
LARGE_ISSUE = {**CLOUD_ISSUE, "fields": {**CLOUD_ISSUE["fields"], "customfield_1": "x" * 5_000}}


def issues(
    world: World, count: int, payload: dict[str, Any] = CLOUD_ISSUE, *, updated: int = 1
) -> list[EntityFetched]:
    return [made(world, EntityKind.ISSUE, str(id_), payload, updated=updated) for id_ in range(count)]


def made(
    world: World, kind: EntityKind, id_: str, payload: dict[str, Any] | None, **more: Any
) -> EntityFetched:
    return entity(kind, id_, payload, import_id=world.import_id, site=world.site, **more)


async def fetched(store: Store, world: World, ids: Mapping[EntityKind, list[str]]) -> None:
    """Enter into the ledger what the fetcher says it published."""
    task = Task(world.import_id, "ABC", TaskKind.ISSUES, "0")
    ledger = State(store).ledger
    await ledger.register([task])
    await ledger.finish(task, ids)


async def test_a_project_is_loaded_and_its_marker_answered(
    running: Running, world: World, store: Store
) -> None:
    known = [str(id_) for id_ in range(700)]
    label = made(world, EntityKind.LABEL, "red", {"name": "red"})
    await fetched(store, world, {EntityKind.ISSUE: [*known, "lost"], EntityKind.LABEL: ["red"]})
    async with running() as app:
        await world.send(*issues(world, 700), label, world.marker())
        account = await world.account()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://loader") as http:
            ready = await http.get("/health/ready")
            metrics = (await http.get("/metrics")).text
    assert account.kinds == {
        EntityKind.ISSUE: KindAccount(jira=701, windshift=700, missing=1, dead_lettered=0),
        EntityKind.LABEL: KindAccount(jira=1, windshift=1, missing=0, dead_lettered=0),
    }
    item = await store.windshift["items"].find_one({"_id": entity_id(world.site, EntityKind.ISSUE, "1")})
    assert item is not None
    assert item["title"] == "The summary"
    assert item["label_ids"][0] == entity_id(world.site, EntityKind.LABEL, "red")
    assert ready.status_code == 200
    assert 'jira_import_entities_loaded_total{kind="issue",outcome="inserted"} 700.0' in metrics


async def test_a_marker_that_comes_twice_and_records_behind_it(
    running: Running, world: World, store: Store
) -> None:
    await fetched(store, world, {EntityKind.ISSUE: ["0", "1"]})
    async with running():
        await world.send(*issues(world, 1), world.marker())
        early = await world.account()
        await world.send(*issues(world, 2), world.marker(), world.marker())
        late = await world.account()
    assert early.kinds[EntityKind.ISSUE].missing == 1
    assert late.kinds[EntityKind.ISSUE].missing == 0
    assert await store.windshift["items"].count_documents({}) == 2


async def test_a_batch_whose_acknowledgement_was_lost_writes_nothing_again(
    running: Running, world: World, store: Store, kafka_bootstrap: str
) -> None:
    async with running():
        await world.send(*issues(world, 300))
        first = await world.batches(300)
    before = await store.windshift["items"].find().sort("_id", 1).to_list(None)
    await rewind(kafka_bootstrap, first[0].partition, first[0].first_offset)
    async with running():
        again = await world.batches(300)
    assert sum(one.written for one in first) == 300
    assert sum(one.written for one in again) == 0
    assert sum(one.loaded[EntityKind.ISSUE] for one in again) == 300
    assert await store.windshift["items"].find().sort("_id", 1).to_list(None) == before


async def test_a_backlog_is_read_on_and_acknowledged_together(
    running: Running, world: World, store: Store, kafka_bootstrap: str
) -> None:
    await world.send(*issues(world, 1_500, LARGE_ISSUE))  # nine megabytes, of which one fetch brings two
    async with running():
        told = await world.batches(1_500)
    assert sum(one.loaded[EntityKind.ISSUE] for one in told) == 1_500
    assert len(told) < 4
    offsets = await committed(kafka_bootstrap, GROUP)
    assert offsets[TopicPartition(ENTITIES.topic, told[0].partition)] == told[-1].last_offset + 1
    assert await store.windshift["items"].count_documents({}) == 1_500


async def test_what_issues_share_is_written_once(running: Running, world: World, store: Store) -> None:
    """Each fetcher sends it; what a later version says is written all the same, and the first one again."""
    red, blue = ({"name": name} for name in ("red", "blue"))
    async with running():
        written = []
        for payload in (red, red, blue, red):
            await world.send(made(world, EntityKind.LABEL, "1", payload, updated=None))
            written += [one.written for one in await world.batches(1)]
    assert written == [1, 0, 1, 1]
    label = await store.windshift["labels"].find_one({})
    assert label is not None
    assert label["name"] == "red"


async def test_findings_of_a_batch_that_is_read_again_are_told_once(
    running: Running, world: World, store: Store, kafka_bootstrap: str
) -> None:
    secret = {
        "id": "1",
        "issueId": "2",
        "body": "[~nobody]",
        "visibility": {"type": "role", "value": "Staff"},
    }
    records = [made(world, EntityKind.COMMENT, str(id_), secret, updated=1) for id_ in range(30)]
    findings = State(store).findings
    async with running():
        await world.send(*records, world.marker())
        first = (await world.batches(30))[0]
        await world.account()
    once = await findings.counts(world.import_id)
    await rewind(kafka_bootstrap, first.partition, first.first_offset)
    async with running():
        await world.account()
    assert once == {"ABC": {FindingCode.MADE_PRIVATE: 30, FindingCode.USER_UNKNOWN: 30}}
    assert await findings.counts(world.import_id) == once


async def rewind(bootstrap: str, partition: int, offset: int) -> None:
    """Put the group back to where a crash before its commit would have left it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    try:
        there = TopicPartition(ENTITIES.topic, partition)
        consumer.assign([there])
        await consumer.commit({there: offset})
    finally:
        await consumer.stop()


async def test_poison_is_buried_and_what_is_behind_it_goes_on(
    running: Running, world: World, store: Store, buried: AIOKafkaConsumer
) -> None:
    unknown = {**orjson.loads(issues(world, 1)[0].to_bytes()), "kind": "starship", "id": "s1"}
    poison = [b"\xff not json " + world.import_id.encode(), orjson.dumps(unknown)]
    one, two = issues(world, 2)
    async with running():
        await world.send(one, *poison, two)
        batches = await world.batches(3)
        found = await read(buried, world.import_id.encode(), len(poison))
    assert [record.value for record in found] == poison
    for record in found:
        headers = {name: value.decode() for name, value in record.headers}
        assert headers["x-reason"]
        assert headers["x-origin"].startswith(f"{ENTITIES.topic}:")
    assert sum(batch.dead_lettered for batch in batches) == 1  # the other names no import
    assert await store.windshift["items"].count_documents({}) == 2
    (letter,) = [one async for one in State(store).dead_letters.of_project(world.import_id, "ABC")]
    assert (letter.id, letter.kind, letter.code) == ("s1", "starship", "unreadable")


async def read(consumer: AIOKafkaConsumer, containing: bytes, count: int) -> list[Any]:
    """Wait for so many records that hold some bytes."""
    found: list[Any] = []
    async with asyncio.timeout(PATIENCE):
        async for record in consumer:
            if containing in record.value:
                found.append(record)
            if len(found) == count:
                break
    return found


async def test_what_cannot_be_loaded_is_accounted_for_and_holds_up_nothing(
    running: Running, world: World, store: Store
) -> None:
    wrong_type = {"id": "1", "key": "ABC-1", "fields": {"summary": {"not": "text"}}}
    refused = {"id": "2", "key": "ABC-2", "fields": {"nul\0key": 1}}
    await fetched(store, world, {EntityKind.ISSUE: ["0", "1", "2", "3"]})
    async with running():
        await world.send(
            made(world, EntityKind.ISSUE, "0", CLOUD_ISSUE, updated=1),
            made(world, EntityKind.ISSUE, "1", wrong_type, updated=1),
            made(world, EntityKind.ISSUE, "2", refused, updated=1),
            made(world, EntityKind.ISSUE, "3", CLOUD_ISSUE, updated=1),
            world.marker(),
        )
        account = await world.account()
    assert account.kinds == {EntityKind.ISSUE: KindAccount(jira=4, windshift=2, missing=0, dead_lettered=2)}
    letters = [one async for one in State(store).dead_letters.of_project(world.import_id, "ABC")]
    assert [(one.id, one.code) for one in letters] == [("1", "invalid_payload"), ("2", "refused_by_store")]
    assert all(one.stage == "load" and one.reason and one.payload for one in letters)
    assert {(one.updated, one.way) for one in letters} == {(1, Way.PAYLOAD)}


async def test_large_payloads_are_fetched_from_the_blob_store(
    running: Running, world: World, store: Store
) -> None:
    payload = {"id": "1", "key": "ABC-1", "fields": {"summary": "large", "lastViewed": "x" * 12_500_000}}
    blobs = Blobs(store)
    claim = await blobs.put(f"payload:{world.site}", orjson.dumps(payload), filename="1.json")
    lost = claim.model_copy(update={"blob_id": "nowhere"})
    await fetched(store, world, {EntityKind.ISSUE: ["1", "2"]})
    async with running():
        await world.send(
            made(world, EntityKind.ISSUE, "1", None, updated=1, payload_blob=claim),
            made(world, EntityKind.ISSUE, "2", None, updated=1, payload_blob=lost),
            world.marker(),
        )
        account = await world.account()
    assert account.kinds == {EntityKind.ISSUE: KindAccount(jira=2, windshift=1, missing=0, dead_lettered=1)}
    item = await store.windshift["items"].find_one({"jira_id": "1"})
    assert item is not None
    assert item["source"] is None
    (kept,) = (await blobs.known([item["source_blob"]["blob_id"]])).values()
    assert orjson.loads(await blobs.read(kept)) == payload
    (letter,) = [one async for one in State(store).dead_letters.of_project(world.import_id, "ABC")]
    assert (letter.id, letter.code, letter.way) == ("2", "payload_unreadable", Way.ISSUE)


async def test_two_loaders_share_the_partitions_and_one_leaves_in_the_middle(
    running: Running, world: World, store: Store
) -> None:
    await fetched(store, world, {EntityKind.ISSUE: [str(id_) for id_ in range(3000)]})
    async with running():
        async with running():
            await world.send(*issues(world, 3000))
            await world.batches(500)
        await world.send(world.marker())
        account = await world.account()
    assert account.kinds[EntityKind.ISSUE] == KindAccount(
        jira=3000, windshift=3000, missing=0, dead_lettered=0
    )


@pytest.mark.parametrize("ended", [ImportState.CANCELLED, ImportState.UNDOING, ImportState.UNDONE])
async def test_records_of_a_cancelled_or_undone_import_are_passed_over(
    running: Running, world: World, store: Store, ended: ImportState
) -> None:
    imports = State(store).imports
    await imports.add(
        Import(
            id=world.import_id, connection_id="c", site=world.site, instance_url="u",
            deployment=Deployment.CLOUD, project_keys=("ABC",), created_at=datetime.now(UTC),
        )
    )  # fmt: skip
    other = replace(world, import_id=f"{world.import_id}-other")
    async with running():
        await world.send(*issues(world, 10))
        await world.batches(10)
        await imports.set_state(world.import_id, ended)
        await world.send(
            *issues(world, 20), world.marker(), made(other, EntityKind.LABEL, "red", {"name": "red"})
        )
        await other.batches(1)
    assert await store.windshift["items"].count_documents({}) == 10
    assert await store.windshift["labels"].count_documents({}) == 1
