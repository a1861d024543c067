"""The composition root: opens the clients in order, and wires routes and subscriber to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
from faststream.kafka import KafkaBroker

from services.connector.api import (
    accounts,
    connections,
    dead_letters,
    jobs,
    mappings,
    projects,
    steering,
    streams,
    undo,
    verifications,
)
from services.connector.chores import Chores, Work
from services.connector.context import Context
from services.connector.event_log import EventLog
from services.connector.guard import Guard
from services.connector.handlers import subscribe_to_progress
from services.connector.jira_access import JiraAccess
from services.connector.outlook import Outlooks
from services.connector.problems import install_problem_handlers
from services.connector.progress import Progress
from services.connector.projects import ProjectLists
from services.connector.redo import redo
from services.connector.remap import ask_loaders
from services.connector.settings import ConnectorSettings
from services.connector.steer import publish_pending, tell
from services.connector.undo.chore import Undoer
from services.connector.verify_loop import VerifyLoop
from shared.crypto import open_vault
from shared.jira.budgets import Budgets
from shared.kafka import broker_probe, open_broker, running_broker, setting_aside
from shared.lag import watching_lag
from shared.metrics import Metrics, process_registry
from shared.mongo import Store, open_store
from shared.service import Probe, operations_router
from shared.state import State, ensure_indexes
from shared.state.chores import ChoreKind

ROUTERS: Final[tuple[APIRouter, ...]] = (
    connections.router,
    projects.router,
    jobs.router,
    accounts.router,
    verifications.router,
    steering.router,
    dead_letters.router,
    mappings.router,
    undo.router,
    streams.router,
)

# Only documents that a bearer token is needed: the guard checks it before a body is read.
_bearer = HTTPBearer(auto_error=False, description="One of CONNECTOR_API_TOKENS.")


def create_app(settings: ConnectorSettings) -> FastAPI:
    """Build the service; nothing connects before its lifespan. Raises ConfigError for unusable settings."""
    settings.ensure_callers_can_be_told_apart()
    vault = open_vault(settings.secrets)
    metrics = Metrics(process_registry())
    access = JiraAccess(settings.jira, settings.gateway_url, metrics, vault)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_store(settings.mongo, waits=metrics.waits) as store:
            await store.until_up()
            await ensure_indexes(store)
            broker = open_broker(
                settings.kafka,
                registry=metrics.registry,
                service=settings.service_name,
                set_aside=setting_aside(State(store).dead_letters),
            )
            budgets = Budgets(State(store).sites, settings=settings.jira, waits=metrics.waits)
            shared_access = replace(access, budgets=budgets)
            context = _open_context(store, shared_access, broker, metrics, settings)
            await context.events.ensure_indexes()
            subscribe_to_progress(broker, Progress(context.state, context.events, metrics), settings.kafka)
            async with (
                budgets.shared(),
                running_broker(broker),
                watching_lag(broker, metrics.lag),
                context.chores.running(_work(context)),
                context.verifications.running(),
            ):
                app.state.context = context
                yield

    app = FastAPI(
        title="Jira import for Windshift",
        description="Connects to Jira, lists projects, starts imports and reports on them.",
        version="1",
        lifespan=lifespan,
    )
    app.add_middleware(Guard, tokens=settings.api_tokens)
    install_problem_handlers(app)
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(_bearer)])
    app.include_router(operations_router(metrics.registry, _probes(app, settings)))
    return app


def end_streams(app: FastAPI) -> None:
    """Let whoever follows a job go, so that the service can end; called in a signal handler."""
    if context := getattr(app.state, "context", None):
        context.events.close()


def _open_context(
    store: Store, access: JiraAccess, broker: KafkaBroker, metrics: Metrics, settings: ConnectorSettings
) -> Context:
    state = State(store)
    return Context(
        store=store,
        state=state,
        access=access,
        broker=broker,
        events=EventLog(store.state),
        outlooks=Outlooks(state),
        projects=ProjectLists(access),
        chores=Chores(state.imports),
        verifications=VerifyLoop(store, access),
        metrics=metrics,
        full_read_after=settings.full_read_after,
    )


def _work(context: Context) -> dict[ChoreKind, Work]:
    return {
        ChoreKind.REMAP: partial(ask_loaders, context=context),
        ChoreKind.UNDO: Undoer(context).undo,
        ChoreKind.TELL: partial(tell, context=context),
        ChoreKind.RETRY: partial(redo, context=context),
        ChoreKind.PUBLISH: partial(publish_pending, context=context),
    }


def _probes(app: FastAPI, settings: ConnectorSettings) -> dict[str, Probe]:
    """Ready means that both the store and the broker answer."""

    async def store() -> None:
        await app.state.context.store.ping()

    return {"store": store, "broker": broker_probe(settings.kafka)}
