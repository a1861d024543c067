"""A connector dies in each gap of its own; what it was about to do is done all the same."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy.embedded.loopback import loopback
from services.connector.handlers import GROUP
from shared.contracts.channels import PROGRESS
from shared.contracts.events import Event
from shared.kinds import State
from shared.settings import KafkaSettings, MongoSettings
from tests.integration.connector.test_progress import batch, loaded, stream
from tests.support.connector import ROUTES, TOKENS, Connector, eventually, running_connector, settings_of
from tests.support.dying import Dying, dying
from tests.support.groups import pass_over


@pytest.fixture
def quick_kafka(kafka_settings: KafkaSettings) -> KafkaSettings:
    """Whoever dies is missed after some seconds."""
    return kafka_settings.model_copy(update={"session_timeout": timedelta(seconds=3)})


@asynccontextmanager
async def api_of(process: Dying) -> AsyncIterator[httpx.AsyncClient]:
    async with loopback(
        base_url=f"http://127.0.0.1:{process.port}{ROUTES}",
        headers={"Authorization": f"Bearer {TOKENS[0]}"},
        timeout=30,
    ) as http:

        async def live() -> bool:
            try:
                return (await http.get("jobs")).is_success
            except httpx.TransportError:
                return False

        await eventually(live)
        yield http


async def test_a_connector_that_dies_between_start_and_publish(
    connector: Connector, cloud: str, quick_kafka: KafkaSettings, mongo_settings: MongoSettings
) -> None:
    """The import is in the state, with all of its projects, where the fetchers find it by themselves."""
    connection = await connector.connection(cloud)
    body = {"connection_id": connection, "project_keys": ["OPS", "SIM"]}
    async with dying("connector", "start.stored:kill", quick_kafka, mongo_settings) as process:
        async with api_of(process) as http:
            with pytest.raises(httpx.TransportError):
                await http.post("start", json=body)
        await process.died()
    state = connector.context.state
    (waiting,) = await state.running.imports()
    assert waiting.state is State.QUEUED
    assert await state.running.count_open_projects(waiting.id) == 2
    again = await connector.json("POST", "start", json=body)
    refused = await connector.json("GET", f"jobs/{again['job_id']}")
    assert refused["status"] == "failed", "whoever starts it once more reads that it is on its way"
    assert waiting.id in refused["error_message"]


@pytest.mark.parametrize(
    "point",
    [
        "progress.counted",  # a batch is counted, and its event is not kept
        "progress.folded",  # all is done, and the offset is not committed
        "progress.counted@2",  # a project is closed, and its event is not kept
        "progress.counted@3",  # all projects are closed, and the import is not
        "progress.folded@3",  # the import is closed, and the offset is not committed
    ],
)
async def test_a_connector_that_dies_while_it_folds(
    point: str, cloud: str, quick_kafka: KafkaSettings, mongo_settings: MongoSettings
) -> None:
    settings = settings_of(quick_kafka, mongo_settings, gateway=cloud)
    async with running_connector(settings) as connector:
        started = await connector.start(await connector.connection(cloud), "OPS", "SIM")
        job_id = str(started["job_id"])
        await connector.context.state.imports.set_state(job_id, State.RUNNING)
    await pass_over(quick_kafka.bootstrap_servers, GROUP, PROGRESS.topic)
    await publish(quick_kafka, batch(job_id, 0, 4), loaded(job_id, "OPS"), loaded(job_id, "SIM"))
    name, _, times = point.partition("@")
    async with dying("connector", f"{name}:kill@{times or 1}", quick_kafka, mongo_settings) as process:
        await process.died()
    async with running_connector(settings) as connector:
        told = await stream(connector, job_id)
        done = await connector.json("GET", f"jobs/{job_id}")
    assert [event["event"] for event in told] == ["batch_loaded", "project_loaded", "project_loaded", "end"]
    assert done["state"] == "completed"
    assert done["progress"]["imported_issues"] == done["progress"]["total_issues"] == 20


async def publish(kafka: KafkaSettings, *events: Event) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        for event in events:
            await producer.send_and_wait(
                PROGRESS.topic, event.model_dump_json().encode(), key=PROGRESS.key_of(event)
            )
