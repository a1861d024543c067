"""Kafka in: Jira's entities, in batches of raw records. Kafka out: the progress of their projects."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from services.loader.batch import Loader
from services.loader.remap import Remapper
from services.loader.settings import LoaderSettings
from shared.contracts.channels import ENTITIES, PROGRESS, REMAP
from shared.contracts.events import Event, RemapRequested
from shared.kafka import bury, publish_all, records_of, subscribe
from shared.kinds import WaitingFor
from shared.metrics import Metrics
from shared.mongo import Store

GROUP: Final = "loader.entities"
_PORTION: Final = 4 * 2**20  # bytes; a thousand records of the usual size are two megabytes
REMAP_GROUP: Final = "loader.remaps"


def portions(records: Iterable[ConsumerRecord]) -> Iterator[list[ConsumerRecord]]:
    """Cut a batch where its records are large, for the memory that their documents take."""
    portion: list[ConsumerRecord] = []
    size = 0
    for record in records:
        portion.append(record)
        size += len(record.value or b"")
        if size >= _PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def connect_handlers(broker: KafkaBroker, store: Store, metrics: Metrics, settings: LoaderSettings) -> None:
    """Subscribe to the entities; progress is acknowledged by the broker before a batch is."""

    async def publish(events: Sequence[Event]) -> None:
        for channel in (PROGRESS, REMAP):
            messages = [
                (channel.key_of(event), event.model_dump_json().encode())
                for event in events
                if isinstance(event, channel.models)
            ]
            with metrics.waits.on(WaitingFor.BROKER):
                await publish_all(broker, channel, messages)

    async def set_aside(records: Iterable[ConsumerRecord], reason: str) -> None:
        await bury(broker, records, reason)

    loader = Loader(store, metrics, publish=publish, bury=set_aside)
    remapper = Remapper(store, loader, publish=publish)

    async def on_entities(_bodies: Any, message: KafkaMessage) -> None:
        for portion in portions(records_of(message)):
            await loader.load(portion)

    async def on_remap(_body: Any, message: KafkaMessage) -> None:
        (record,) = records_of(message)
        await remapper.step(RemapRequested.model_validate_json(record.value or b""))

    subscribe(broker, REMAP, on_remap, settings=settings.kafka, group=REMAP_GROUP)
    subscribe(
        broker, ENTITIES, on_entities, settings=settings.kafka, group=GROUP, batch=settings.batch_records
    )
