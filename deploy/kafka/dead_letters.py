"""`python -m deploy.kafka.dead_letters list|replay TOPIC`: what lies in `<topic>.dlq`, and sending it again.

A record is sent as it came, with its key, and stays where it is: sending it twice changes nothing, since
every effect is idempotent.
"""

import argparse
import asyncio
import json
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from shared.contracts.channels import CHANNELS

_LONGEST: Final = 8 * 2**20  # bytes of a record
TOPICS: Final = {channel.topic: channel.dead_letter_topic for channel in CHANNELS}


async def records(bootstrap_servers: str, topic: str) -> AsyncIterator[ConsumerRecord]:
    """Iterate over what is in the dead letter topic of a topic by now, from the oldest on."""
    async with _consumer(bootstrap_servers) as consumer:
        partition = TopicPartition(TOPICS[topic], 0)  # it has but one
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        while await consumer.position(partition) < end:
            for found in (await consumer.getmany(timeout_ms=1000)).values():
                for record in found:
                    yield record


async def replay(bootstrap_servers: str, topic: str, offsets: Collection[int] | None) -> list[int]:
    """Send records to their topic again, those of some offsets or all; return the offsets of those sent."""
    sent = []
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers, enable_idempotence=True, max_request_size=_LONGEST
    )
    await producer.start()
    try:
        async for record in records(bootstrap_servers, topic):
            if offsets is None or record.offset in offsets:
                await producer.send_and_wait(topic, record.value, key=record.key)
                sent.append(record.offset)
    finally:
        await producer.stop()
    return sent


def shown(record: ConsumerRecord) -> dict[str, Any]:
    """Return what is worth knowing of a record, without what it says: that may be confidential."""
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    return {
        "offset": record.offset,
        "at": datetime.fromtimestamp(record.timestamp / 1000, UTC).isoformat(timespec="seconds"),
        "key": (record.key or b"").decode(errors="replace"),
        "bytes": len(record.value or b""),
        **{name.removeprefix("x-"): text for name, text in headers.items() if name.startswith("x-")},
    }


@asynccontextmanager
async def _consumer(bootstrap_servers: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, enable_auto_commit=False, max_partition_fetch_bytes=_LONGEST
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def _list(bootstrap_servers: str, topic: str) -> None:
    async for record in records(bootstrap_servers, topic):
        _say(json.dumps(shown(record), ensure_ascii=False))


async def _replay(bootstrap_servers: str, topic: str, offsets: list[int] | None) -> None:
    sent = await replay(bootstrap_servers, topic, offsets)
    _say(f"{len(sent)} records were sent to {topic} again.")
    if missing := sorted(set(offsets or ()) - set(sent)):
        raise SystemExit(f"Not in {TOPICS[topic]} (any more): offsets {', '.join(map(str, missing))}")


def _say(line: str) -> None:
    print(line)  # noqa: T201 - its output is what it is for


def main() -> None:
    parser = argparse.ArgumentParser(description="Looks at dead letter topics, and sends records again.")
    parser.add_argument("step", choices=("list", "replay"))
    parser.add_argument("topic", choices=sorted(TOPICS), help="the topic itself, without .dlq")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--offset", type=int, action="append", help="only this record; may be repeated")
    which.add_argument("--all", action="store_true", help="replay everything")
    parser.add_argument(
        "--bootstrap-servers", default=os.environ.get("KAFKA__BOOTSTRAP_SERVERS", "localhost:9092")
    )
    given = parser.parse_args()
    if given.step == "list":
        asyncio.run(_list(given.bootstrap_servers, given.topic))
    elif given.offset or given.all:
        asyncio.run(_replay(given.bootstrap_servers, given.topic, given.offset))
    else:
        parser.error("say which records: --offset N, or --all")


if __name__ == "__main__":
    main()
