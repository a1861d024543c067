"""Kafka in: an import was requested; tasks are there."""

from functools import partial

from faststream.kafka import KafkaBroker

from services.fetcher.dispatcher import Dispatcher
from services.fetcher.planner import Planner
from services.fetcher.settings import FetcherSettings
from services.fetcher.worker import Worker
from shared.contracts.channels import FETCH_TASK, IMPORT_REQUESTED
from shared.contracts.events import ImportRequested
from shared.kafka import SetAside, subscribe
from shared.waits import Waits

_READ_AT_ONCE = 500  # task records: small ones, and they are only put into a queue


def connect_handlers(
    broker: KafkaBroker,
    *,
    worker: Worker,
    planner: Planner,
    set_aside: SetAside,
    settings: FetcherSettings,
    waits: Waits,
) -> Dispatcher:
    """Subscribe to imports and tasks; the tasks go to the dispatcher, which the caller runs."""

    async def on_import_requested(body: bytes) -> None:
        request = ImportRequested.model_validate_json(body)
        await planner.plan(request.import_id, request.site, request.project_keys)

    dispatcher = Dispatcher(
        worker.run, partial(set_aside, broker), places=settings.tasks_at_once, waits=waits
    )
    subscribe(broker, IMPORT_REQUESTED, on_import_requested, settings=settings.kafka, group="fetcher.imports")
    subscribe(
        broker,
        FETCH_TASK,
        dispatcher.on_tasks,
        settings=settings.kafka,
        group="fetcher.tasks",
        batch=_READ_AT_ONCE,
        listener=dispatcher,
    )
    return dispatcher
