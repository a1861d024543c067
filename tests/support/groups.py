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
        metadata = await consumer._client.fetch_all_metadata()
        partitions = [TopicPartition(topic, number) for number in metadata.partitions_for_topic(topic)]
        consumer.assign(partitions)
        await _commit(consumer, partitions)
    finally:
        await consumer.stop()


async def _commit(consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await consumer.commit(await consumer.end_offsets(partitions))
            except KafkaError:  # somebody who died is still a member
                await asyncio.sleep(0.2)
            else:
                return
