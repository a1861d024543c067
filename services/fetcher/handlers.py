"""Kafka in: an import was requested; a batch of tasks is there."""

import asyncio

from aiokafka import ConsumerRecord
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from pydantic import ValidationError

from services.fetcher.outbox import Outbox
from services.fetcher.planner import plan
from services.fetcher.settings import FetcherSettings
from services.fetcher.worker import Worker
from shared.contracts.channels import FETCH_TASK, IMPORT_REQUESTED
from shared.contracts.events import FetchTask, ImportRequested
from shared.errors import PermanentError
from shared.kafka import bury, records_of, subscribe
from shared.state import State as StateDb


def connect_handlers(
    broker: KafkaBroker, *, worker: Worker, state: StateDb, outbox: Outbox, settings: FetcherSettings
) -> None:
    """Subscribe to imports and tasks; the tasks of one batch run side by side."""

    async def on_import_requested(body: bytes) -> None:
        await plan(ImportRequested.model_validate_json(body), state=state, outbox=outbox)

    async def on_tasks(_bodies: list[bytes], message: KafkaMessage) -> None:
        records = records_of(message)
        results = await asyncio.gather(*map(run, records), return_exceptions=True)
        for error in results:
            if error is not None:
                raise error  # after all the others ended: the batch is read again, and those are done

    async def run(record: ConsumerRecord) -> None:
        try:
            await worker.run(FetchTask.model_validate_json(record.value))
        except (ValidationError, PermanentError) as error:
            await bury(broker, [record], error)

    subscribe(broker, IMPORT_REQUESTED, on_import_requested, settings=settings.kafka, group="fetcher.imports")
    subscribe(
        broker,
        FETCH_TASK,
        on_tasks,
        settings=settings.kafka,
        group="fetcher.tasks",
        batch=settings.tasks_at_once,
    )
