"""Starting imports: what is refused becomes a failed job that says why; what is good is on the topic."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaConsumer

from shared.contracts.channels import IMPORT_REQUESTED
from shared.contracts.events import ImportRequested
from shared.crypto import Vault
from shared.kinds import State
from shared.settings import KafkaSettings, MongoSettings
from tests.support.connector import Connector, running_connector, settings_of


@pytest.fixture
async def requests(kafka_settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """What is published on the topic of requests from now on."""
    consumer = AIOKafkaConsumer(
        IMPORT_REQUESTED.topic,
        bootstrap_servers=kafka_settings.bootstrap_servers,
        auto_offset_reset="latest",
        group_id=None,
    )
    await consumer.start()
    await consumer.seek_to_end()
    yield consumer
    await consumer.stop()


async def test_a_good_start_claims_its_projects_and_asks_the_fetchers(
    connector: Connector, cloud: str, requests: AIOKafkaConsumer
) -> None:
    connection = await connector.connection(cloud)
    mapping = {"jiraKey": "SIM", "windshiftId": None, "createNew": True, "newWorkspaceKey": "SIM", "news": 1}
    job = await connector.start(connection, "SIM", "OPS", "SIM", workspaces=[mapping], versions=None)

    assert (job["status"], job["state"], job["phase"]) == ("queued", "queued", "initializing")
    assert job["progress"]["total_projects"] == 2
    async with asyncio.timeout(15):
        event = ImportRequested.model_validate_json((await requests.getone()).value)
    assert event.import_id == job["job_id"]
    assert event.project_keys == ("SIM", "OPS")
    runs = await connector.context.state.imports.projects([job["job_id"]])
    assert {run.project_key: run.project_id for run in runs} == {"OPS": "10001", "SIM": "10000"}
    stored = await connector.context.state.imports.get(job["job_id"])
    assert stored is not None
    assert stored.mappings["workspaces"][0]["newWorkspaceKey"] == "SIM"
    plan = await connector.context.state.plans.get(job["job_id"])
    severities = [(field.id, field.type) for field in plan.fields if field.name == "Severity"]
    assert severities == [("customfield_10030", "option"), ("customfield_10042", "string")]


async def test_a_project_that_is_being_imported_names_the_running_job(
    connector: Connector, cloud: str
) -> None:
    connection = await connector.connection(cloud)
    running = await connector.start(connection, "SIM")
    second = await connector.start(connection, "OPS", "SIM")

    assert second["status"] == "failed"
    assert running["job_id"] in second["error_message"]
    assert "progress" not in second
    third = await connector.start(connection, "OPS")  # the refused one holds nothing
    assert third["status"] == "queued"


async def test_an_unknown_project_is_told_in_jiras_words(connector: Connector, cloud: str) -> None:
    job = await connector.start(await connector.connection(cloud), "SIM", "NOPE")

    assert job["status"] == "failed"
    assert job["error_message"].startswith("No project could be found with key 'NOPE'. ")
    assert "Browse Projects" in job["error_message"]
    assert job["started_at"] == job["completed_at"]


async def test_a_project_that_the_account_does_not_see(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud, "partial-token")
    (visible,) = await connector.json("GET", "projects", params={"connection_id": connection})
    hidden = "OPS" if visible["key"] == "SIM" else "SIM"
    job = await connector.start(connection, hidden)

    assert "Browse Projects" in job["error_message"]


@pytest.mark.parametrize(
    ("mappings", "words"),
    [
        (
            {"statuses": [{"jiraName": "To Do", "windshiftId": 4711, "createNew": False}]},
            "Status 'To Do' is mapped to 4711, which does not exist in Windshift's statuses",
        ),
        (
            {"issueTypes": [{"jiraName": "Bug", "windshiftId": None, "createNew": False}]},
            "Issue type 'Bug' is neither created nor mapped",
        ),
        (
            {"workspaces": [{"jiraKey": "SIM", "windshiftId": "elsewhere", "createNew": False}]},
            "Project SIM is mapped to 'elsewhere'",
        ),
        (
            {"customFields": [{"jiraName": "Team", "windshiftId": 7, "action": "map"}]},
            "Field 'Team' is mapped to 7",
        ),
        (
            {
                "workspaces": [
                    {"jiraKey": "SIM", "newWorkspaceKey": "ONE"},
                    {"jiraKey": "OPS", "newWorkspaceKey": "ONE"},
                ]
            },
            "2 projects would become the one workspace ONE",
        ),
    ],
)
async def test_a_mapping_that_cannot_be_followed(
    connector: Connector, cloud: str, mappings: dict[str, object], words: str
) -> None:
    job = await connector.start(await connector.connection(cloud), "SIM", "OPS", **mappings)

    assert job["status"] == "failed"
    assert job["error_message"].startswith(words)


async def test_a_mapping_to_something_that_exists(connector: Connector, cloud: str) -> None:
    await connector.context.store.windshift["statuses"].insert_one({"_id": "site:status:3"})
    status = {"jiraName": "Done", "windshiftId": "site:status:3", "createNew": False}
    job = await connector.start(await connector.connection(cloud), "SIM", statuses=[status])

    assert job["status"] == "queued"


async def test_an_unknown_connection(connector: Connector) -> None:
    job = await connector.start("nope", "SIM")

    assert job["status"] == "failed"
    assert "Connect to Jira again" in job["error_message"]


async def test_a_credential_that_was_sealed_with_another_key(connector: Connector, cloud: str) -> None:
    id_ = await connector.connection(cloud)
    sealed = Vault(b"x" * 32, "k0").encrypt("whatever", owner=id_)
    await connector.context.store.state["connections"].update_one(
        {"_id": id_}, {"$set": {"sealed_token": sealed}}
    )
    job = await connector.start(id_, "SIM")

    assert "cannot be decrypted" in job["error_message"]
    projects = await connector.ask("GET", "projects", params={"connection_id": id_})
    assert (projects.status_code, projects.json()["code"]) == (422, "credential_unreadable")


@pytest.mark.parametrize("token", ["classic-token", "scoped-token"])
async def test_a_token_that_died_since_it_was_saved(connector: Connector, cloud: str, token: str) -> None:
    id_ = await connector.connection(cloud, token)
    sealed = connector.context.access.vault.encrypt("expired-token", owner=id_)
    await connector.context.store.state["connections"].update_one(
        {"_id": id_}, {"$set": {"sealed_token": sealed}}
    )
    job = await connector.start(id_, "SIM")

    assert job["state"] == State.FAILED
    assert "has expired or was revoked since" in job["error_message"]
    assert "Create a new one" in job["error_message"]
    projects = await connector.ask("GET", "projects", params={"connection_id": id_})
    assert (projects.status_code, projects.json()["code"]) == (422, "token_died")


async def test_jobs_and_previous_imports_list_what_was_started(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud)
    started = await connector.start(connection, "SIM")
    await connector.context.state.imports.set_state(started["job_id"], State.COMPLETED)

    (listed,) = await connector.json("GET", "jobs")
    assert (listed["id"], listed["scope"], listed["status"]) == (
        started["job_id"],
        "work_items",
        "completed",
    )
    found = await connector.json("GET", "previous-imports", params={"project_key": ["OPS", "SIM"]})
    assert [one["job_id"] for one in found] == [started["job_id"]]
    assert await connector.json("GET", "previous-imports", params={"project_key": "OPS"}) == []


async def test_a_request_that_the_broker_does_not_take_fails_the_job(
    kafka_settings: KafkaSettings, mongo_settings: MongoSettings, cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = replace(IMPORT_REQUESTED, topic="no.such.topic")
    monkeypatch.setattr("services.connector.start.IMPORT_REQUESTED", absent)
    impatient = kafka_settings.model_copy(update={"request_timeout": timedelta(seconds=1)})
    async with running_connector(settings_of(impatient, mongo_settings, gateway=cloud)) as connector:
        job = await connector.start(await connector.connection(cloud), "SIM")

        assert job["status"] == "failed"
        assert "could not be handed to the fetchers" in job["error_message"]
