"""Where consumer groups stand, and moving them."""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.support.patience import PATIENCE


async def committed(bootstrap: str, group: str) -> dict[TopicPartition, int]:
    """Return the committed offsets of a group."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {place: told.offset for place, told in offsets.items()}


async def pass_over(bootstrap: str, group: str, topic: str) -> None:
    """Commit the end of a topic for a group without members: what other tests left there is behind it."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = await _partitions(consumer, topic)
        consumer.assign(partitions)
        await _commit(consumer, partitions)
    finally:
        await consumer.stop()


async def caught_up(bootstrap: str, group: str, topic: str) -> dict[TopicPartition, int]:
    """Wait until a group has committed all of a topic; return its offsets."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(await _partitions(consumer, topic))
    finally:
        await consumer.stop()
    async with asyncio.timeout(PATIENCE):
        while await committed(bootstrap, group) != ends:
            await asyncio.sleep(0.02)
    return ends


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    metadata = await consumer._client.fetch_all_metadata()
    return [TopicPartition(topic, number) for number in metadata.partitions_for_topic(topic)]


async def _commit(consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await consumer.commit(await consumer.end_offsets(partitions))
            except KafkaError:  # somebody who died is still a member
                await asyncio.sleep(0.2)
            else:
                return
