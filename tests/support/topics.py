"""The topics and their groups from outside."""

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


async def committed(bootstrap: str, group: str) -> dict[TopicPartition, int]:
    """How far a group is in each partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {partition: there.offset for partition, there in found.items()}
