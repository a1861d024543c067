"""Kafka in: progress events of the loader and the fetcher."""

from typing import Any, Final

from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from pymongo.errors import PyMongoError

from services.connector.progress import Progress
from shared.contracts.channels import PROGRESS
from shared.contracts.events import PROGRESS_EVENT
from shared.errors import TransientError
from shared.kafka import records_of, subscribe
from shared.mongo import is_transient
from shared.settings import KafkaSettings

GROUP: Final = "connector.progress"


def subscribe_to_progress(broker: KafkaBroker, progress: Progress, settings: KafkaSettings) -> None:
    """Register the subscriber of progress events.

    One record at a time: a batch would be committed more cheaply, and answered up to 0.4 s later. A record
    that is no progress event raises, and goes to the dead letter topic.
    """

    async def on_progress(_body: Any, message: KafkaMessage) -> None:
        (record,) = records_of(message)
        event = PROGRESS_EVENT.validate_json(record.value or b"")
        try:
            await progress.fold(event, partition=record.partition, offset=record.offset)
        except PyMongoError as error:
            if is_transient(error):
                raise TransientError(f"The store did not take a progress event: {error}") from error
            raise

    subscribe(broker, PROGRESS, on_progress, settings=settings, group=GROUP)
