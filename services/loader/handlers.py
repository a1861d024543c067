"""Kafka in: Jira's entities, in batches of raw records. Kafka out: the progress of their projects."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from services.loader.batch import Loader
from services.loader.remap import Remapper
from services.loader.settings import LoaderSettings
from shared.contracts.channels import ENTITIES, PROGRESS, REMAP
from shared.contracts.events import Event, RemapRequested
from shared.kafka import bury, publish_all, read_on, records_of, subscribe
from shared.kinds import WaitingFor
from shared.metrics import Metrics
from shared.mongo import Store

GROUP: Final = "loader.entities"
_PORTION: Final = 2**20  # bytes; some hundred records of the usual size
_AT_ONCE: Final = 8 * _PORTION  # until then a batch is read on: a second of work, acknowledged together
_LEAST_FETCHED: Final = 256 * 1024  # each fetch brings so much, as long as there is so much
REMAP_GROUP: Final = "loader.remaps"


async def portions(message: KafkaMessage, most: int) -> AsyncIterator[list[ConsumerRecord]]:
    """Cut a batch, and what lies ready behind it: one portion can be read while another one is written."""
    records, size = records_of(message), 0
    while records:
        for portion in cut(records):
            yield portion
        size += sum(len(record.value or b"") for record in records)
        records = await read_on(message, most) if size < _AT_ONCE else ()


def cut(records: Iterable[ConsumerRecord]) -> Iterator[list[ConsumerRecord]]:
    """Cut records into portions of about the same size, for the memory that their documents take."""
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
        await loader.load(portions(message, settings.batch_records))

    async def on_remap(_body: Any, message: KafkaMessage) -> None:
        (record,) = records_of(message)
        await remapper.step(RemapRequested.model_validate_json(record.value or b""))

    subscribe(broker, REMAP, on_remap, settings=settings.kafka, group=REMAP_GROUP)
    subscribe(
        broker,
        ENTITIES,
        on_entities,
        settings=settings.kafka,
        group=GROUP,
        batch=settings.batch_records,
        least_fetched=_LEAST_FETCHED,
    )
