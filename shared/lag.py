"""How far a consumer is behind: the one number that says whether another replica is needed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from prometheus_client import Gauge

from shared.background import in_background
from shared.logging import get_logger

log = get_logger("lag")

_EVERY: Final = 15.0  # seconds: as often as Prometheus asks


Held = Callable[[TopicPartition], int]


def _nothing(_: TopicPartition) -> int:
    return 0


@asynccontextmanager
async def watching_lag(broker: KafkaBroker, gauge: Gauge, held: Held = _nothing) -> AsyncIterator[None]:
    """Keep the gauge up to date for every partition that is assigned here, until the block ends.

    `held` counts the records of a partition that this process has read and not handled yet.
    """
    async with in_background(_watch(broker, gauge, held)):
        yield


async def _watch(broker: KafkaBroker, gauge: Gauge, held: Held) -> None:
    while True:
        try:
            await measure(broker, gauge, held)
        except KafkaError as error:  # a rebalance, or a broker that is away: readiness tells of that
            log.debug("lag_unknown", reason=str(error))
        await asyncio.sleep(_EVERY)


async def measure(broker: KafkaBroker, gauge: Gauge, held: Held = _nothing) -> None:
    """Set the gauge once; partitions that went to another consumer disappear from it."""
    behind: dict[tuple[str, int, str], int] = {}
    for subscriber in broker.subscribers:
        consumer: Any = getattr(subscriber, "consumer", None)
        if consumer is None:
            continue
        group: str = getattr(subscriber, "group_id", None) or ""
        for partition in consumer.assignment():
            end = consumer.highwater(partition)  # None before the first fetch: unknown is not zero
            if end is not None:
                read = await consumer.position(partition)
                behind[partition.topic, partition.partition, group] = max(0, end - read) + held(partition)
    gauge.clear()  # at once with what follows: a scrape between the two would see nothing
    for labels, records in behind.items():
        gauge.labels(*labels).set(records)
