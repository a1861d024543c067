"""Composition root of the loader: store, indexes, broker with its one subscription, health."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.loader.handlers import connect_handlers
from services.loader.settings import LoaderSettings
from services.loader.version import transform_version
from shared.kafka import broker_probe, open_broker, running_broker, setting_aside
from shared.lag import watching_lag
from shared.metrics import Metrics, process_registry
from shared.mongo import open_store
from shared.service import operations_router
from shared.state import State, ensure_indexes
from shared.state.versions import TRANSFORM


def create_app(settings: LoaderSettings) -> FastAPI:
    """Build the service; everything opens in the lifespan, in order."""
    registry = process_registry()
    metrics = Metrics(registry)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_store(settings.mongo, waits=metrics.waits) as store:
            await store.until_up()
            await ensure_indexes(store)
            await State(store).versions.put(TRANSFORM, transform_version())
            broker = open_broker(
                settings.kafka,
                registry=registry,
                service=settings.service_name,
                set_aside=setting_aside(State(store).dead_letters),
            )
            connect_handlers(broker, store, metrics, settings)
            async with running_broker(broker), watching_lag(broker, metrics.lag):
                probes = {"store": store.ping, "broker": broker_probe(settings.kafka)}
                app.include_router(operations_router(registry, probes))
                yield

    return FastAPI(title="windshift-jira-import loader", lifespan=lifespan)
