"""The embedded servers as real processes: ready, durable, and gone when their parent is."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pymongo import MongoClient, WriteConcern

from deploy.embedded.mongo import MongoServer
from deploy.embedded.places import ROOT
from deploy.embedded.processes import StartFailedError, spawn, wait_until
from deploy.kafka.topics import Topic, TopicsRefusedError, apply_topics, read_topics
from tests.support.patience import PATIENCE

DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf")
time.sleep(60)
"""
DURABLE = WriteConcern(w=1, j=True)
PARENT = """
import asyncio, signal, sys, time
from pathlib import Path
from deploy.embedded.stack import Stack

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it starts behind it ignore this

async def main():
    folder = Path(sys.argv[1])
    async with Stack(folder=folder, logs=folder, simulator=None, services=()) as stack:
        (folder / "pids").write_text(" ".join(map(str, stack.pids.values())))
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_records_come_back_in_order_of_their_key(kafka_bootstrap: str, topic_prefix: str) -> None:
    topic = f"{topic_prefix}orders"
    await apply_topics(kafka_bootstrap, [Topic(topic, 3, {})])
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, enable_idempotence=True) as producer:
        sent = [await producer.send(topic, str(number).encode(), key=b"one") for number in range(100)]
        await asyncio.gather(*sent)
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        assert [int((await consumer.getone()).value) for _ in range(100)] == list(range(100))


async def test_topics_exist_as_defined_and_applying_them_again_changes_nothing(kafka_bootstrap: str) -> None:
    assert await apply_topics(kafka_bootstrap, read_topics()) == []
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        described = {t["topic"]: t["partitions"] for t in await admin.describe_topics()}
        wanted = ConfigResource(ConfigResourceType.TOPIC, "jira.entities.v1")
        (answer,) = await admin.describe_configs([wanted])
    finally:
        await admin.close()
    assert {t.name: len(described[t.name]) for t in read_topics()} == {
        t.name: t.partitions for t in read_topics()
    }
    config = {name: value for name, value, *_ in answer.resources[0][4]}
    assert config["retention.ms"] == "604800000"
    assert config["max.message.bytes"] == "1048576"


async def test_a_topic_that_the_broker_refuses_is_named(kafka_bootstrap: str, topic_prefix: str) -> None:
    good, bad = Topic(f"{topic_prefix}good", 1, {}), Topic(f"{topic_prefix}bad", 1, {"retention.ms": "soon"})
    with pytest.raises(TopicsRefusedError, match=r"bad: InvalidConfiguration.*retention\.ms"):
        await apply_topics(kafka_bootstrap, [good, bad])
    assert await apply_topics(kafka_bootstrap, [good]) == []


async def test_what_the_store_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    server = MongoServer(folder=tmp_path, logs=tmp_path)
    try:
        with MongoClient[dict[str, int]](await server.start(), retryWrites=False) as client:
            things = client.get_database("test", write_concern=DURABLE)["things"]
            things.insert_many([{"_id": number} for number in range(1000)])
            server.kill()
            await server.start()
            assert things.count_documents({}) == 1000
    finally:
        await server.stop()


async def test_no_request_to_the_store_waits_for_its_cache(tmp_path: Path) -> None:
    """With WiredTiger's own settings it stood still for good, once 100 MB of changes were in its cache."""
    server = MongoServer(folder=tmp_path, logs=tmp_path)
    try:
        await server.start()
        settings = (tmp_path / "data/WiredTiger.basecfg").read_text(encoding="utf-8").splitlines()
        assert {"eviction_dirty_trigger=90", "eviction_updates_trigger=90"} <= set(settings)
    finally:
        await server.stop()


async def test_a_child_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    child = spawn("doomed", [sys.executable, "-c", "raise SystemExit('no such luck')"], logs=tmp_path)
    with pytest.raises(StartFailedError, match=r"(?s)doomed ended with code 1.*no such luck"):
        await wait_until(child, _never)


async def test_a_child_that_is_never_ready_is_killed(tmp_path: Path) -> None:
    child = spawn("lazy", [sys.executable, "-c", "import time; time.sleep(60)"], logs=tmp_path)
    with pytest.raises(StartFailedError, match=r"lazy is not ready after 0\.2 s"):
        await wait_until(child, _never, within=0.2)
    assert not child.running


async def test_a_child_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    child = spawn("deaf", [sys.executable, "-uc", DEAF], logs=tmp_path)
    await wait_until(child, lambda: _said(child.output()))
    await child.stop(grace=0.2)
    assert child.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_no_process_outlives_the_parent(tmp_path: Path, number: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    try:
        pids = await _written(tmp_path / "pids")
        assert len(pids) == 2
        assert all(_alive(pid) for pid in pids)
        parent.send_signal(number)
        await asyncio.to_thread(parent.wait, 15)
    finally:
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 5
    while alive := [pid for pid in pids if _alive(pid)]:
        assert time.monotonic() < deadline, f"still running: {alive}"
        await asyncio.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def _written(file: Path) -> list[int]:
    async with asyncio.timeout(PATIENCE):
        while not (file.exists() and file.read_text()):
            await asyncio.sleep(0.05)
    return [int(pid) for pid in file.read_text().split()]


async def _never() -> bool:
    return False


async def _said(output: str) -> bool:
    return "deaf" in output
