"""A connector on a real broker and store, in front of simulated Jiras that listen on sockets."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from deploy.embedded.simulator import SimulatorOptions
from services.connector.app import create_app
from services.connector.context import Context
from services.connector.settings import ConnectorSettings
from shared.settings import JiraSettings, KafkaSettings, MongoSettings, SecretsSettings
from tests.support.patience import PATIENCE
from tests.support.simulator import Simulators

ROUTES = "/api/admin/jira-import/"
TOKENS = ("first-token-of-ours", "second-token-of-ours")
KEY = base64.b64encode(b"k" * 32).decode()
EMAIL = "admin@example.com"
CLOUD_TOKEN = "classic-token"
PAT = "pat-token"
CLOUD = SimulatorOptions(deployment="cloud", issues=60)
DATA_CENTER = SimulatorOptions(deployment="datacenter", issues=60, extra=("--context-path", "/jira"))

Json = Any


@dataclass(frozen=True)
class Connector:
    """The service, and the wizard in front of it."""

    app: FastAPI
    http: httpx.AsyncClient

    @property
    def context(self) -> Context:
        context: Context = self.app.state.context
        return context

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.http.request(method, ROUTES + path, **options)

    async def json(self, method: str, path: str, **options: Any) -> Json:
        response = await self.ask(method, path, **options)
        assert response.status_code == 200, response.text
        return response.json()

    async def connect(
        self, url: str, token: str, *, email: str = EMAIL, deployment: str = "cloud"
    ) -> httpx.Response:
        body = {"instance_url": url, "email": email, "api_token": token, "deployment_type": deployment}
        return await self.ask("POST", "connect", json=body)

    async def connection(self, url: str, token: str = CLOUD_TOKEN, *, deployment: str = "cloud") -> str:
        response = await self.connect(url, token, deployment=deployment)
        assert response.status_code == 200, response.text
        return str(response.json()["connection_id"])

    async def start(self, connection_id: str, *keys: str, **mappings: Any) -> Json:
        """Start an import and return its job."""
        body = {"connection_id": connection_id, "project_keys": list(keys), "mappings": mappings}
        started = await self.json("POST", "start", json=body)
        return await self.json("GET", f"jobs/{started['job_id']}")


def settings_of(kafka: KafkaSettings, mongo: MongoSettings, *, gateway: str) -> ConnectorSettings:
    return ConnectorSettings(
        api_tokens=tuple(SecretStr(token) for token in TOKENS),
        secrets=SecretsSettings(key=SecretStr(KEY)),
        jira=JiraSettings(allow_private_addresses=True, gateway_url=gateway),
        kafka=kafka,
        mongo=mongo,
    )


@asynccontextmanager
async def running_connector(settings: ConnectorSettings) -> AsyncIterator[Connector]:
    app = create_app(settings)
    headers = {"Authorization": f"Bearer {TOKENS[1]}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://connector", headers=headers
        ) as http,
    ):
        yield Connector(app, http)


@pytest.fixture
async def connector(
    kafka_settings: KafkaSettings, mongo_settings: MongoSettings, cloud: str
) -> AsyncIterator[Connector]:
    """A connector whose gateway is the simulated Cloud's."""
    async with running_connector(settings_of(kafka_settings, mongo_settings, gateway=cloud)) as running:
        yield running


@pytest.fixture
async def cloud(simulators: Simulators) -> str:
    """Jira Cloud and its gateway: projects OPS and SIM."""
    return (await simulators(CLOUD)).url


@pytest.fixture
async def datacenter(simulators: Simulators) -> str:
    """Jira Data Center below a context path."""
    return (await simulators(DATA_CENTER)).url


@pytest.fixture
async def simulator(simulators: Simulators, request: pytest.FixtureRequest) -> str:
    """A Jira with the options that the test gives as the fixture's parameter."""
    return (await simulators(request.param)).url


async def eventually(condition: Any) -> Any:
    """Ask again until the answer is true; fail when the time is over."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await condition()):
            await asyncio.sleep(0.02)
    return found
