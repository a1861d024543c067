"""The loader's one subscription: Jira's entities, in batches of raw records."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

from aiokafka import ConsumerRecord
from faststream import Context
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from services.loader.batch import Loader
from shared.contracts.channels import ENTITIES, PROGRESS
from shared.contracts.events import Event
from shared.kafka import bury, publish_all, records_of
from shared.kafka import subscribe as listen
from shared.metrics import Metrics
from shared.mongo import Store

GROUP: Final = "loader.entities"


def subscribe(broker: KafkaBroker, *, batch_records: int) -> None:
    """Declare the subscription; the loader itself comes from the context, once the store is open."""

    async def load(_bodies: Any, msg: KafkaMessage, loader: Annotated[Loader, Context("loader")]) -> None:
        await loader.load(records_of(msg))

    listen(broker, ENTITIES, load, group=GROUP, batch=batch_records)


def connect(broker: KafkaBroker, store: Store, metrics: Metrics) -> None:
    """Give the subscription its loader."""

    async def publish(events: Sequence[Event]) -> None:
        await publish_all(
            broker,
            PROGRESS,
            [(PROGRESS.key_of(event), event.model_dump_json().encode()) for event in events],
        )

    async def set_aside(records: Iterable[ConsumerRecord], reason: str) -> None:
        await bury(broker, records, reason)

    broker.context.set_global("loader", Loader(store, metrics, publish=publish, bury=set_aside))
