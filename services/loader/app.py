"""Composition root of the loader: store, indexes, then the broker with its one subscription."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import stamina
from aiokafka.errors import KafkaError
from fastapi import FastAPI
from faststream.kafka import KafkaBroker
from prometheus_client import CollectorRegistry

from services.loader.handlers import connect, subscribe
from services.loader.settings import LoaderSettings
from shared.errors import TransientError
from shared.kafka import open_broker
from shared.metrics import Metrics
from shared.mongo import open_store
from shared.service import operations_router
from shared.state import ensure_indexes


def create_app(settings: LoaderSettings) -> FastAPI:
    """Build the service; nothing connects before the lifespan begins."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    broker = open_broker(settings.kafka, registry=registry, service=settings.service_name)
    subscribe(broker, batch_records=settings.batch_records)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_store(settings.mongo) as store:
            await ensure_indexes(store)
            connect(broker, store, metrics)
            app.include_router(operations_router(registry, {"store": store.ping, "broker": ping}))
            try:
                await _start(broker, within=settings.start_timeout.total_seconds())
                yield
            finally:
                await broker.stop()

    async def ping() -> None:
        if not await broker.ping(timeout=5):
            raise TransientError("Kafka does not answer")

    app = FastAPI(title="Jira import: loader", lifespan=lifespan)
    app.state.broker = broker
    return app


async def _start(broker: KafkaBroker, *, within: float) -> None:
    """Connect and start; a broker that comes up a little later than the service is waited for."""
    async for attempt in stamina.retry_context(on=KafkaError, attempts=None, timeout=within):
        with attempt:
            await broker.connect()
    await broker.start()
