"""What nobody can read, on each topic: set aside with its reason, told in the report, and passed over."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from shared.contracts.channels import (
    CHANNELS,
    ENTITIES,
    FETCH_TASK,
    IMPORT_REQUESTED,
    PROGRESS,
    REMAP,
    Channel,
)
from shared.contracts.events import BatchLoaded, EntityFetched, FetchTask, ImportRequested, RemapRequested
from shared.kinds import EntityKind, TaskKind
from tests.support.connector import Connector, eventually
from tests.support.groups import committed
from tests.support.whole import GROUPS, services

__all__ = ["services"]

MEGABYTE: Final = 2**20
CUT: Final = 512 * 1024


def good(channel: Channel, job: str) -> Any:
    """An event of a channel that its reader knows how to read."""
    of_project = {"import_id": job, "project_key": "SIM"}
    batch = {"partition": 99, "first_offset": 1, "last_offset": 1, "written": 0, "dead_lettered": 0}
    entity = {"kind": EntityKind.ISSUE, "id": "77", "occurred_at": 1, "payload": {}}
    events = {
        IMPORT_REQUESTED: ImportRequested(import_id=job, site="s", connection_id="c", project_keys=()),
        FETCH_TASK: FetchTask(**of_project, task_id=f"{job}/SIM/issues/x", kind=TaskKind.ISSUES),
        ENTITIES: EntityFetched(**of_project, site="s", project_id="1", **entity),
        PROGRESS: BatchLoaded(**of_project, **batch, loaded={}),
        REMAP: RemapRequested(**of_project, revision=1),
    }
    return events[channel]


def poison(channel: Channel, job: str) -> dict[str, bytes]:
    """What is wrong with each record, and the record."""
    said = json.loads(good(channel, job).model_dump_json())

    def changed(**members: Any) -> bytes:
        return json.dumps({**said, **members}).encode()

    return {
        "not JSON": b"\xff\x00 no JSON",
        "wrong version": changed(schema_version=2),
        "unknown kind": changed(type="starship"),
        "2 MB": changed(type="vast", id="78", padding="x" * 2 * MEGABYTE),
        "9 MB": changed(type="vast", id="79", padding="x" * 9 * MEGABYTE),
    }


@pytest.fixture
async def producer(kafka_bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """Compresses: that is how a record can be larger than its topic allows."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_bootstrap, compression_type="gzip", max_request_size=16 * MEGABYTE
    )
    await producer.start()
    yield producer
    await producer.stop()


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.topic)
async def test_poison_is_set_aside_and_its_partition_goes_on(
    services: Connector, producer: AIOKafkaProducer, kafka_bootstrap: str, cloud: str, channel: Channel
) -> None:
    job = (await services.start(await services.connection(cloud), "SIM"))["job_id"]
    bad = poison(channel, job)
    key = channel.key_of(good(channel, job))
    sent = {what: await producer.send_and_wait(channel.topic, value, key=key) for what, value in bad.items()}
    origins = {f"{at.topic}:{at.partition}:{at.offset}": what for what, at in sent.items()}
    found = await buried(kafka_bootstrap, channel, set(origins))

    for origin, record in found.items():
        headers = {name: value.decode() for name, value in record.headers}
        what = origins[origin]
        assert headers["x-reason"], what
        assert record.key == key
        kept = bad[what][:CUT] if what == "9 MB" else bad[what]
        assert record.value == kept, what
        assert ("x-cut" in headers) is (what == "9 MB")
    partition = TopicPartition(channel.topic, sent["9 MB"].partition)

    async def passed() -> bool:
        reached = await committed(kafka_bootstrap, GROUPS[channel])
        return bool(reached.get(partition, 0) > max(at.offset for at in sent.values()))

    await eventually(passed)
    await eventually(lambda: ended(services, job))
    assert_told(await services.json("GET", f"jobs/{job}/report"), origins)


async def ended(connector: Connector, job: str) -> bool:
    return bool((await connector.json("GET", f"jobs/{job}"))["status"] == "completed")


def assert_told(report: dict[str, Any], origins: dict[str, str]) -> None:
    """All but the one that names no import: as a message, or as the entity that it was about."""
    assert report["balanced"]
    assert not report["identical"]
    told = [one["id"] for one in report["unreadable"]]
    for project in report["projects"]:
        told += [one["id"] for kind in project["kinds"].values() for one in kind["dead_lettered"]]
    about_entities = {"wrong version": "77", "unknown kind": "77", "2 MB": "78", "9 MB": "79"}
    expected = {
        about_entities[what] if origin.startswith(ENTITIES.topic) else origin
        for origin, what in origins.items()
        if what != "not JSON"
    }
    assert set(told) == expected
    assert all(one["reason"] for one in report["unreadable"])


async def buried(bootstrap: str, channel: Channel, origins: set[str]) -> dict[str, ConsumerRecord]:
    """Wait for the dead letters of some records; by where those were."""
    consumer = AIOKafkaConsumer(
        channel.dead_letter_topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    found: dict[str, ConsumerRecord] = {}
    try:
        async for record in consumer:
            origin = dict(record.headers)["x-origin"].decode()
            if origin in origins:
                found[origin] = record
            if len(found) == len(origins):
                return found
    finally:
        await consumer.stop()
    raise AssertionError("the topic never ends")
