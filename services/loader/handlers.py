"""Kafka in: Jira's entities, in batches of raw records. Kafka out: the progress of their projects."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from services.loader.batch import Loader
from services.loader.settings import LoaderSettings
from shared.contracts.channels import ENTITIES, PROGRESS
from shared.contracts.events import Event
from shared.kafka import bury, publish_all, records_of, subscribe
from shared.metrics import Metrics
from shared.mongo import Store

GROUP: Final = "loader.entities"


def connect_handlers(broker: KafkaBroker, store: Store, metrics: Metrics, settings: LoaderSettings) -> None:
    """Subscribe to the entities; progress is acknowledged by the broker before a batch is."""

    async def publish(events: Sequence[Event]) -> None:
        messages = [(PROGRESS.key_of(event), event.model_dump_json().encode()) for event in events]
        await publish_all(broker, PROGRESS, messages)

    async def set_aside(records: Iterable[ConsumerRecord], reason: str) -> None:
        await bury(broker, records, reason)

    loader = Loader(store, metrics, publish=publish, bury=set_aside)

    async def on_entities(_bodies: Any, message: KafkaMessage) -> None:
        await loader.load(records_of(message))

    subscribe(
        broker, ENTITIES, on_entities, settings=settings.kafka, group=GROUP, batch=settings.batch_records
    )
