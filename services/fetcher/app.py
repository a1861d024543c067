"""Composition root of a fetcher: store, broker, Jira sessions, handlers, health."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.fetcher.halts import Halts
from services.fetcher.handlers import connect_handlers
from services.fetcher.in_hand import InHand
from services.fetcher.orphans import OrphanSweep
from services.fetcher.outbox import Outbox
from services.fetcher.planner import Planner
from services.fetcher.sessions import Sessions
from services.fetcher.settings import FetcherSettings
from services.fetcher.sweeper import Sweeper
from services.fetcher.worker import Worker
from shared.blobs import Blobs
from shared.crypto import open_vault
from shared.jira.budgets import Budgets
from shared.jira.client import warm_up
from shared.kafka import broker_probe, open_broker, running_broker, setting_aside
from shared.lag import watching_lag
from shared.metrics import Metrics, process_registry
from shared.mongo import open_store
from shared.service import operations_router
from shared.state import State as StateDb
from shared.state import ensure_indexes
from shared.stream import open_stream


def create_app(settings: FetcherSettings) -> FastAPI:
    """Build the service; everything opens in the lifespan, in order."""
    registry = process_registry()
    metrics = Metrics(registry)
    vault = open_vault(settings.secrets)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            open_store(settings.mongo, waits=metrics.waits) as store,
            open_stream(settings.kafka, client_id=settings.service_name) as stream,
        ):
            warm_up(settings.jira)
            await store.until_up()
            await ensure_indexes(store)
            state, blobs = StateDb(store), Blobs(store)
            set_aside = setting_aside(state.dead_letters)
            broker = open_broker(
                settings.kafka, registry=registry, service=settings.service_name, set_aside=set_aside
            )
            in_hand = InHand(state.leases, name=settings.service_name, lease=settings.task_lease)
            budgets = Budgets(state.sites, process=in_hand.owner, settings=settings.jira, waits=metrics.waits)
            sessions = Sessions(state, vault, budgets, settings.jira, metrics)
            outbox = Outbox(broker, stream, blobs, metrics)
            planner = Planner(state, outbox, untaken=settings.requeue_after)
            halts = Halts(state.imports)
            worker = Worker(
                state=state,
                sessions=sessions,
                outbox=outbox,
                planner=planner,
                blobs=blobs,
                halts=halts,
                in_hand=in_hand,
                settings=settings,
                metrics=metrics,
            )
            sweeper = Sweeper(
                state=state,
                outbox=outbox,
                planner=planner,
                owner=in_hand.owner,
                settings=settings,
                metrics=metrics,
            )
            orphans = OrphanSweep(store, owner=in_hand.owner, after=settings.orphans_after, metrics=metrics)
            dispatcher = connect_handlers(
                broker,
                worker=worker,
                planner=planner,
                set_aside=set_aside,
                settings=settings,
                waits=metrics.waits,
            )
            async with (
                halts.watching(),
                budgets.shared(),
                running_broker(broker),
                watching_lag(broker, metrics.lag, dispatcher.held),
                in_hand.renewing(),
                sweeper.sweeping(),
                orphans.sweeping(),
                dispatcher.dispatching(),
            ):
                probes = {"store": store.ping, "broker": broker_probe(settings.kafka)}
                app.include_router(operations_router(registry, probes))
                yield
            await sessions.close()

    return FastAPI(title="windshift-jira-import fetcher", lifespan=lifespan)
