"""The service as a process: it refuses to start open to everybody, and ends at once with streams open."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from deploy.embedded.loopback import loopback
from deploy.embedded.processes import reserve_ports
from shared.settings import KafkaSettings, MongoSettings
from tests.support.connector import KEY, ROUTES, TOKENS, Connector, eventually

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def process(**environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.connector"),
        cwd=ROOT,
        env={**os.environ, "SECRETS__KEY": KEY, "LOG_FORMAT": "json", **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def test_without_tokens_it_ends_with_a_clear_word() -> None:
    async with process(HTTP__HOST="0.0.0.0", ALLOW_UNAUTHENTICATED="true") as running:  # noqa: S104
        _, said = await asyncio.wait_for(running.communicate(), 60)

    assert running.returncode == 1
    assert said.decode().startswith("cannot start: ALLOW_UNAUTHENTICATED is for a loopback address only")
    assert len(said.splitlines()) == 1


async def test_sigterm_ends_it_while_somebody_follows_a_job(
    connector: Connector, cloud: str, kafka_settings: KafkaSettings, mongo_settings: MongoSettings
) -> None:
    job = await connector.start(await connector.connection(cloud), "SIM")
    (port,) = reserve_ports(1)
    environment = {
        "CONNECTOR_API_TOKENS": ",".join(TOKENS),
        "HTTP__PORT": str(port),
        "KAFKA__BOOTSTRAP_SERVERS": kafka_settings.bootstrap_servers,
        "MONGO__URL": mongo_settings.url.get_secret_value(),
        "MONGO__STATE_DATABASE": mongo_settings.state_database,
    }
    headers = {"Authorization": f"Bearer {TOKENS[0]}"}
    async with (
        process(**environment) as running,
        loopback(base_url=f"http://127.0.0.1:{port}", headers=headers) as http,
    ):

        async def ready() -> bool:
            try:
                return (await http.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(ready)
        async with http.stream("GET", f"{ROUTES}jobs/{job['job_id']}/events") as stream:
            assert stream.status_code == 200
            running.terminate()
            async with asyncio.timeout(5):
                assert [line async for line in stream.aiter_lines()] == []
        _, said = await asyncio.wait_for(running.communicate(), 20)

    assert TOKENS[0] not in said.decode()
    assert KEY not in said.decode()
    lines = [json.loads(line) for line in said.splitlines()]  # the framework's lines too
    assert {"connector", "kafka", "uvicorn.error"} - {line["logger"] for line in lines} == {"connector"}
