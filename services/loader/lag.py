"""How far a consumer is behind: the one number that says whether another loader is needed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from prometheus_client import Gauge

log = structlog.stdlib.get_logger("lag")

_EVERY: Final = 15.0  # seconds: as often as Prometheus asks


@asynccontextmanager
async def watching_lag(broker: KafkaBroker, gauge: Gauge, *, group: str) -> AsyncIterator[None]:
    """Keep the gauge up to date for every partition that is assigned here, until the block ends."""
    task = asyncio.create_task(_watch(broker, gauge, group))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _watch(broker: KafkaBroker, gauge: Gauge, group: str) -> None:
    while True:
        try:
            await measure(broker, gauge, group=group)
        except KafkaError as error:  # a rebalance, or a broker that is away: readiness tells of that
            log.debug("lag_unknown", reason=str(error))
        await asyncio.sleep(_EVERY)


async def measure(broker: KafkaBroker, gauge: Gauge, *, group: str) -> None:
    """Set the gauge once; partitions that went to another consumer disappear from it."""
    gauge.clear()
    for subscriber in broker.subscribers:
        consumer: Any = getattr(subscriber, "consumer", None)
        if consumer is None:
            continue
        for partition in consumer.assignment():
            end = consumer.highwater(partition)  # None before the first fetch: unknown is not zero
            if end is not None:
                behind = end - await consumer.position(partition)
                gauge.labels(partition.topic, partition.partition, group).set(max(0, behind))
