"""How far a consumer is behind, by the names that the alerts ask for."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError
from faststream.kafka import KafkaBroker
from prometheus_client import CollectorRegistry

from shared.lag import measure, watching_lag
from shared.metrics import Metrics


class Consumer:
    """Partition -> (end, next record to read); the end is None before the first fetch."""

    def __init__(self, partitions: dict[TopicPartition, tuple[int | None, int]]) -> None:
        self.partitions = partitions
        self.broken = False

    def assignment(self) -> set[TopicPartition]:
        return set(self.partitions)

    def highwater(self, partition: TopicPartition) -> int | None:
        return self.partitions[partition][0]

    async def position(self, partition: TopicPartition) -> int:
        if self.broken:
            raise IllegalStateError("a rebalance took it away")
        return self.partitions[partition][1]


class Subscriber:
    def __init__(self, group: str, consumer: Consumer | None) -> None:
        self.group_id = group
        self.consumer = consumer


class Broker:
    def __init__(self, *subscribers: Subscriber) -> None:
        self.subscribers = subscribers


def lags(metrics: Metrics) -> dict[tuple[str, str, str], float]:
    return {
        (sample.labels["topic"], sample.labels["partition"], sample.labels["group"]): sample.value
        for family in metrics.lag.collect()
        for sample in family.samples
    }


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


async def test_every_group_of_a_service_is_measured(metrics: Metrics) -> None:
    imports = Consumer({TopicPartition("imports", 0): (3, 3), TopicPartition("imports", 1): (None, 0)})
    tasks = Consumer({TopicPartition("tasks", 7): (12, 4)})
    broker = Broker(Subscriber("g.imports", imports), Subscriber("g.tasks", tasks), Subscriber("g.off", None))
    await measure(cast(KafkaBroker, broker), metrics.lag)
    assert lags(metrics) == {("imports", "0", "g.imports"): 0, ("tasks", "7", "g.tasks"): 8}


async def test_what_another_replica_took_over_disappears(metrics: Metrics) -> None:
    consumer = Consumer({TopicPartition("tasks", 0): (5, 1), TopicPartition("tasks", 1): (5, 2)})
    broker = cast(KafkaBroker, Broker(Subscriber("g", consumer)))
    await measure(broker, metrics.lag)
    del consumer.partitions[TopicPartition("tasks", 0)]
    await measure(broker, metrics.lag)
    assert lags(metrics) == {("tasks", "1", "g"): 3}
    consumer.broken = True
    with pytest.raises(IllegalStateError):
        await measure(broker, metrics.lag)
    assert lags(metrics) == {("tasks", "1", "g"): 3}, "what was known stays until something better is"


async def test_watching_outlives_a_rebalance_and_ends_with_its_block(metrics: Metrics) -> None:
    consumer: Any = Consumer({TopicPartition("tasks", 0): (5, 1)})
    consumer.broken = True
    async with watching_lag(cast(KafkaBroker, Broker(Subscriber("g", consumer))), metrics.lag):
        await asyncio.sleep(0)
        assert lags(metrics) == {}
