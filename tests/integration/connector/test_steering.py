"""Pausing, resuming and cancelling through the API, with tasks on the real broker."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer

from shared.contracts.channels import FETCH_TASK
from shared.contracts.events import FetchTask
from shared.kinds import State, TaskKind
from shared.settings import KafkaSettings, MongoSettings
from shared.state.chores import Chore, ChoreKind
from shared.state.imports import PausedBy
from shared.state.ledger import Task
from tests.support.connector import PAT, Connector, eventually, running_connector, settings_of
from tests.support.patience import PATIENCE

STEPS = ("pause", "resume", "cancel")
ENDED = (State.COMPLETED, State.COMPLETED_WITH_ERRORS, State.FAILED)


@pytest.fixture
async def job(connector: Connector, cloud: str) -> str:
    """An import of OPS and SIM that no fetcher has seen yet."""
    started = await connector.start(await connector.connection(cloud), "OPS", "SIM")
    return str(started["job_id"])


@pytest.fixture
async def tasks(kafka_settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """The topic of tasks, from now on."""
    consumer = AIOKafkaConsumer(
        FETCH_TASK.topic, bootstrap_servers=kafka_settings.bootstrap_servers, auto_offset_reset="latest"
    )
    await consumer.start()
    try:
        for partition in consumer.assignment():
            await consumer.position(partition)  # pins the end before anything is sent
        yield consumer
    finally:
        await consumer.stop()


async def published(tasks: AIOKafkaConsumer, job: str, count: int) -> list[str]:
    """Wait for so many tasks of a job; return their ids."""
    found: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            event = FetchTask.model_validate_json((await tasks.getone()).value)
            found += [event.task_id] if event.import_id == job else []
    return sorted(found)


async def events(connector: Connector, job: str) -> list[tuple[str, str | None]]:
    """The changes of state that whoever follows the job was told."""
    return [
        (event.data["state"], event.data["reason"])
        async for event in connector.context.events.after(job, None)
        if event.type == "import_state_changed"
    ]


async def test_a_job_is_paused_before_it_began_and_resumed_each_twice(
    connector: Connector, job: str, tasks: AIOKafkaConsumer
) -> None:
    state = connector.context.state
    await state.ledger.register([Task(job, key, TaskKind.LIST, "000007") for key in ("OPS", "SIM")])
    for _ in range(2):
        paused = await connector.json("POST", f"jobs/{job}/pause")
        assert (paused["status"], paused["state"]) == ("failed", "paused")
        assert paused["error_message"].startswith("Paused on request. Nothing is lost")
    stored = await state.imports.get(job)
    assert stored is not None
    assert stored.paused_by is PausedBy.REQUEST
    assert await state.imports.set_state(job, State.RUNNING, only_from=(State.QUEUED,)) is False  # a fetcher
    for _ in range(2):
        resumed = await connector.json("POST", f"jobs/{job}/resume")
        assert (resumed["status"], resumed["state"]) == ("running", "running")
        assert "error_message" not in resumed
    assert await published(tasks, job, 2) == [f"{job}/{key}/list/000007" for key in ("OPS", "SIM")]

    async def told() -> bool:
        return len(await events(connector, job)) == 2

    await eventually(told)
    assert await events(connector, job) == [("paused", paused["error_message"]), ("running", None)]


async def test_resuming_a_queued_job_changes_nothing(connector: Connector, job: str) -> None:
    assert (await connector.json("POST", f"jobs/{job}/resume"))["state"] == "queued"


async def test_a_job_without_its_credential_is_resumed_with_a_new_connection(
    connector: Connector, job: str, cloud: str, datacenter: str
) -> None:
    state = connector.context.state
    await state.imports.set_state(job, State.PAUSED, reason="Unauthorized. Renew the credential.")
    paused = await connector.json("GET", f"jobs/{job}")
    assert paused["error_message"] == "Unauthorized. Renew the credential."
    renewed = await connector.connection(cloud, "scoped-token")
    elsewhere = await connector.connection(datacenter, PAT, deployment="datacenter")
    old = await state.imports.get(job)
    assert old is not None
    await state.connections.delete(old.connection_id)
    for body, status, words in (
        ({}, 409, "Connect to Jira again"),
        ({"connection_id": elsewhere}, 409, f"not to {old.site}"),
        ({"connection_id": "nope"}, 404, "connection not found"),
    ):
        refused = await connector.ask("POST", f"jobs/{job}/resume", json=body)
        assert (refused.status_code, words in refused.json()["error"]) == (status, True)
    resumed = await connector.json("POST", f"jobs/{job}/resume", json={"connection_id": renewed})
    stored = await state.imports.get(job)
    assert stored is not None
    assert (stored.connection_id, resumed["state"]) == (renewed, "running")


async def test_a_cancelled_job_frees_its_projects_and_can_be_cancelled_again(
    connector: Connector, job: str
) -> None:
    imports = connector.context.state.imports
    await imports.close_project(job, "OPS", {})
    for _ in range(2):
        cancelled = await connector.json("POST", f"jobs/{job}/cancel")
        assert (cancelled["status"], cancelled["state"]) == ("failed", "cancelled")
        assert cancelled["error_message"].startswith("Cancelled")
        assert [one["state"] for one in cancelled["projects"]] == ["completed", "cancelled"]
    await imports.close_project(job, "SIM", {})  # its marker was on its way
    assert (await connector.json("GET", f"jobs/{job}"))["projects"][1]["state"] == "cancelled"
    connection = (await connector.json("GET", "connections"))[0]["id"]
    assert (await connector.start(connection, "OPS", "SIM"))["status"] == "queued"
    followed = await connector.ask("GET", f"jobs/{job}/events")
    assert "event: end" in followed.text


@pytest.mark.parametrize("ended", [*ENDED, State.CANCELLED])
async def test_what_is_impossible_is_refused_with_what_is_possible(
    connector: Connector, job: str, ended: State
) -> None:
    await connector.context.state.imports.set_state(job, ended, reason="It ended.")
    for step in STEPS:
        if (ended, step) == (State.CANCELLED, "cancel"):
            continue
        refused = await connector.ask("POST", f"jobs/{job}/{step}")
        assert (refused.status_code, refused.json()["code"]) == (409, "CONFLICT")
        assert refused.json()["error"].startswith(f"The job is {ended} and cannot be")
        assert "start a new import" in refused.json()["error"]
    assert (await connector.json("GET", f"jobs/{job}"))["state"] == ended


async def test_what_a_connector_took_on_and_did_not_do_is_done_by_the_next(
    connector: Connector,
    job: str,
    tasks: AIOKafkaConsumer,
    kafka_settings: KafkaSettings,
    mongo_settings: MongoSettings,
    cloud: str,
) -> None:
    """As if it had died between the new state and the tasks: the chore stands in the store."""
    state = connector.context.state
    await state.ledger.register([Task(job, "SIM", TaskKind.LIST, "000007")])
    await state.imports.set_state(job, State.RUNNING, chores=[Chore(kind=ChoreKind.PUBLISH)])
    async with running_connector(settings_of(kafka_settings, mongo_settings, gateway=cloud)):
        assert await published(tasks, job, 1) == [f"{job}/SIM/list/000007"]

        async def done() -> bool:
            return await state.imports.owing() == []

        await eventually(done)
