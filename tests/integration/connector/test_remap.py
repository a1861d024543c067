"""Asking for another mapping of a job: what is refused, and what the loaders are asked."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from shared.contracts.channels import REMAP
from shared.contracts.events import RemapRequested
from shared.ids import entity_id
from shared.kinds import EntityKind, State
from shared.settings import KafkaSettings
from tests.integration.connector.test_start import existing, mapped
from tests.support.connector import Connector
from tests.support.patience import PATIENCE

DONE = {"jiraIds": ["10002"], "jiraName": "Done", "windshiftId": "ws:done", "createNew": False}


@pytest.fixture
async def asked(kafka_settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """What the loaders are asked from now on."""
    consumer = AIOKafkaConsumer(
        REMAP.topic, bootstrap_servers=kafka_settings.bootstrap_servers, auto_offset_reset="latest"
    )
    await consumer.start()
    await consumer.seek_to_end()
    yield consumer
    await consumer.stop()


async def completed(connector: Connector, cloud: str, *keys: str) -> str:
    """Return a job that has come to its end."""
    job = await connector.start(await connector.connection(cloud), *keys)
    job_id = str(job["job_id"])
    await connector.context.state.imports.set_state(job_id, State.COMPLETED)
    return job_id


@pytest.mark.parametrize("wrapped", [True, False])
async def test_the_loaders_are_asked_project_by_project(
    connector: Connector, cloud: str, asked: AIOKafkaConsumer, *, wrapped: bool
) -> None:
    await existing(connector)
    job_id = await completed(connector, cloud, "SIM", "OPS")
    mappings: dict[str, Any] = {"statuses": [DONE], "customFields": [mapped(10016, "Story Points", 12)]}
    body = {"mappings": mappings} if wrapped else mappings
    job = await connector.json("POST", f"jobs/{job_id}/remap", json=body)
    async with asyncio.timeout(PATIENCE):
        events = [RemapRequested.model_validate_json((await asked.getone()).value) for _ in range(2)]

    assert (job["status"], job["remap"]["state"], job["remap"]["done"]) == ("completed", "running", 0)
    assert {(event.import_id, event.project_key) for event in events} == {(job_id, "SIM"), (job_id, "OPS")}
    plan = await connector.context.state.plans.get(job_id)
    assert {event.revision for event in events} == {plan.revision} == {2}
    assert plan.targets == {entity_id(plan.site, EntityKind.STATUS, "10002"): "ws:done"}
    assert plan.choices["customfield_10016"].target == 12
    busy = await connector.start(await connector.connection(cloud), "OPS")
    assert job_id in busy["error_message"]


async def test_what_cannot_be_mapped_is_told_and_changes_nothing(connector: Connector, cloud: str) -> None:
    await existing(connector)
    job_id = await completed(connector, cloud, "SIM")
    body = {"mappings": {"customFields": [mapped(10016, "Story Points", "ws:due")]}}
    answer = await connector.ask("POST", f"jobs/{job_id}/remap", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "IMPOSSIBLE_MAPPING")
    assert "holds numbers and is mapped to 'Due' (date, ws:due)" in answer.json()["error"]
    assert (await connector.context.state.plans.get(job_id)).revision == 1
    assert "remap" not in await connector.json("GET", f"jobs/{job_id}")
    again = await connector.start(await connector.connection(cloud), "SIM")
    assert again["status"] == "queued"


async def test_only_the_last_import_of_a_project_can_be_mapped_anew(connector: Connector, cloud: str) -> None:
    running = await connector.start(await connector.connection(cloud), "OPS")
    first = await completed(connector, cloud, "SIM")
    second = await completed(connector, cloud, "SIM")
    for job_id, words in ((running["job_id"], "The job is queued"), (first, f"Job {second} has imported")):
        answer = await connector.ask("POST", f"jobs/{job_id}/remap", json={"mappings": {}})
        assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
        assert answer.json()["error"].startswith(words)
    assert (await connector.ask("POST", f"jobs/{second}/remap", json={"mappings": {}})).status_code == 200
    unknown = await connector.ask("POST", "jobs/null/remap", json={"mappings": {}})
    assert unknown.status_code == 404
