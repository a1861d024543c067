"""Composition root of the loader: store, indexes, then the broker with its one subscription."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.loader.handlers import connect, subscribe
from services.loader.settings import LoaderSettings
from shared.kafka import broker_probe, open_broker, running_broker
from shared.metrics import Metrics, process_registry
from shared.mongo import open_store
from shared.service import operations_router
from shared.state import ensure_indexes


def create_app(settings: LoaderSettings) -> FastAPI:
    """Build the service; nothing connects before the lifespan begins."""
    registry = process_registry()
    metrics = Metrics(registry)
    broker = open_broker(settings.kafka, registry=registry, service=settings.service_name)
    subscribe(broker, batch_records=settings.batch_records)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_store(settings.mongo) as store:
            await ensure_indexes(store)
            connect(broker, store, metrics)
            app.include_router(
                operations_router(registry, {"store": store.ping, "broker": broker_probe(broker)})
            )
            async with running_broker(broker):
                yield

    app = FastAPI(title="Jira import: loader", lifespan=lifespan)
    app.state.broker = broker
    return app
