"""Starting imports: what is refused becomes a failed job that says why; what is good is on the topic."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from deploy.embedded.simulator import SimulatorOptions
from shared.contracts.channels import IMPORT_REQUESTED
from shared.contracts.events import ImportRequested
from shared.crypto import Vault
from shared.field_types import FieldType
from shared.ids import entity_id, field_id
from shared.kinds import ConflictPolicy, EntityKind, State
from shared.settings import KafkaSettings, MongoSettings
from shared.state.plans import FieldChoice, NewWorkspace
from tests.support.connector import CLOUD_TOKEN, PAT, Connector, running_connector, settings_of
from tests.support.patience import PATIENCE
from tests.support.simulator import Simulators


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


def mapped(number: int, name: str, target: object) -> dict[str, object]:
    return {"jiraId": f"customfield_{number}", "jiraName": name, "action": "map", "windshiftId": target}


async def existing(connector: Connector) -> None:
    """Windshift as somebody has set it up."""
    there: dict[str, list[dict[str, object]]] = {
        "workspaces": [{"_id": "ws:theirs", "name": "Theirs", "key": "TAKEN"}],
        "item_types": [{"_id": "ws:bug", "name": "Bug"}, {"_id": "ws:task", "name": "Task"}],
        "statuses": [{"_id": "ws:done", "name": "Finished"}],
        "custom_fields": [
            {"_id": 12, "name": "Effort", "field_type": "number"},
            {"_id": "ws:due", "name": "Due", "field_type": "date"},
            {"_id": "ws:notes", "name": "Notes", "field_type": "text"},
            {"_id": "ws:one", "name": "One", "field_type": "select", "options": '["Low", "High"]'},
        ],
    }
    for collection, documents in there.items():
        await connector.context.store.windshift[collection].insert_many(documents)


async def test_a_good_start_claims_its_projects_and_asks_the_fetchers(
    connector: Connector, cloud: str, requests: AIOKafkaConsumer
) -> None:
    connection = await connector.connection(cloud)
    mapping = {"jiraKey": "SIM", "windshiftId": None, "createNew": True, "newWorkspaceKey": "SIM", "news": 1}
    job = await connector.start(connection, "SIM", "OPS", "SIM", workspaces=[mapping], versions=None)

    assert (job["status"], job["state"], job["phase"]) == ("queued", "queued", "initializing")
    assert job["progress"]["total_projects"] == 2
    async with asyncio.timeout(PATIENCE):
        event = ImportRequested.model_validate_json((await requests.getone()).value)
    assert event.import_id == job["job_id"]
    assert event.project_keys == ("SIM", "OPS")
    runs = await connector.context.state.imports.projects(job["job_id"])
    assert {run.project_key: run.project_id for run in runs} == {"OPS": "10001", "SIM": "10000"}
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


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_many_projects_are_looked_up_by_the_list(
    connector: Connector, simulators: Simulators, deployment: str
) -> None:
    jira = await simulators(SimulatorOptions(deployment=deployment, issues=120, projects=120))
    connection = await connector.connection(jira.url, jira.login.api_token, deployment=deployment)
    listed = await connector.json("GET", f"projects?connection_id={connection}")
    keys = [project["key"] for project in listed]
    await jira.reset()
    job = await connector.start(connection, *keys)
    assert (job["status"], job["progress"]["total_projects"]) == ("queued", 120)
    assert sum((await jira.requests()).values()) <= 4  # fields, account, one or two pages of projects
    refused = await connector.start(connection, *keys[:60], "NOPE")
    assert refused["error_message"].startswith("No project could be found with key 'NOPE'. ")


async def start_with(connector: Connector, connection: str, **options: Any) -> Any:
    body = {"connection_id": connection, "project_keys": ["SIM", "OPS"], **options}
    started = await connector.json("POST", "start", json=body)
    return await connector.json("GET", f"jobs/{started['job_id']}")


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize(
    ("jql", "words"),
    [
        ("colour = blue", "Field 'colour' does not exist or you do not have permission to view it."),
        ("status = Nowhere", "The value 'Nowhere' does not exist for the field 'status'."),
        ("status = Done ORDER BY created", "Error in the JQL Query: "),
        ("status = Done) OR (project = OPS", "Error in the JQL Query: "),  # it must stay in its brackets
    ],
)
async def test_jql_that_jira_refuses_is_told_in_jiras_words(
    connector: Connector, cloud: str, datacenter: str, deployment: str, jql: str, words: str
) -> None:
    url, token = (cloud, CLOUD_TOKEN) if deployment == "cloud" else (datacenter, PAT)
    connection = await connector.connection(url, token, deployment=deployment)
    job = await start_with(connector, connection, jql=jql)

    assert job["status"] == "failed"
    assert job["error_message"].startswith(words)
    assert "without ORDER BY, then start again" in job["error_message"]
    again = await start_with(connector, connection)
    assert again["status"] == "queued"  # the refused one holds nothing


async def test_the_options_of_a_start_are_kept_with_the_import(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud)
    options = {"jql": " labels = docs ", "full": True, "dry_run": True, "conflict_policy": "newest"}
    job = await start_with(connector, connection, open_issues_only=True, **options)
    stored = await connector.context.state.imports.get(job["job_id"])

    assert job["dry_run"] is True
    assert stored is not None
    assert (stored.full, stored.dry_run, stored.conflict_policy) == (True, True, ConflictPolicy.NEWEST)
    assert stored.restrictions == ("statusCategory != Done", "labels = docs")
    assert stored.account_id
    await connector.context.state.imports.set_state(job["job_id"], State.COMPLETED)
    assert await connector.json("GET", "previous-imports", params={"project_key": "SIM"}) == []


async def test_a_policy_that_nobody_knows(connector: Connector, cloud: str) -> None:
    job = await start_with(connector, await connector.connection(cloud), conflict_policy="mine")

    assert job["status"] == "failed"
    assert job["error_message"] == (
        "No conflict policy is called 'mine'. Start again with one of keep_windshift, keep_jira, newest."
    )


async def test_the_accounts_time_zone_of_today_is_noted(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud)
    await connector.context.state.connections.set_time_zone(connection, "Asia/Tokyo")
    await connector.start(connection, "SIM")
    stored = await connector.context.state.connections.get(connection)

    assert stored is not None
    assert stored.time_zone == "Europe/Berlin"


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
            {"statuses": [{"jiraIds": ["3"], "jiraName": "To Do", "windshiftId": 4711, "createNew": False}]},
            "Status 'To Do' is mapped to 4711, which does not exist in Windshift's statuses: choose another"
            " target, or let the import create one. There are 'Finished' (ws:done).",
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
            {"statuses": [{"jiraName": "To Do", "windshiftId": "ws:done", "createNew": False}]},
            "Status 'To Do' is mapped without its ids in Jira (jiraIds).",
        ),
        (
            {
                "issueTypes": [
                    {"jiraIds": ["10004"], "jiraName": name, "windshiftId": target, "createNew": False}
                    for name, target in (("Bug", "ws:bug"), ("Defect", "ws:task"))
                ]
            },
            "Issue type 'Defect' is mapped both to 'ws:bug' and to 'ws:task': choose one.",
        ),
        (
            {"workspaces": [{"jiraKey": "SIM", "newWorkspaceKey": "TAKEN"}]},
            "The key TAKEN belongs to Windshift's workspace 'Theirs' already: give the new workspace another"
            " key, or map the project to 'ws:theirs'.",
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
    await existing(connector)
    job = await connector.start(await connector.connection(cloud), "SIM", "OPS", **mappings)

    assert job["status"] == "failed"
    assert job["error_message"].startswith(words)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            [mapped(10016, "Story Points", "ws:due")],
            "Field 'Story Points' (customfield_10016) holds numbers and is mapped to 'Due' (date, ws:due),"
            " which cannot take them. Possible: map it to 'Effort' (number, 12), 'Notes' (text, ws:notes);"
            " create one of the type number or text or textarea; leave it out.",
        ),
        (
            [mapped(10034, "Target date", 12)],
            "Field 'Target date' (customfield_10034) holds dates and is mapped to 'Effort' (number, 12)",
        ),
        (
            [mapped(10031, "Browsers", "ws:one")],
            "Field 'Browsers' (customfield_10031) holds several options and is mapped to 'One' (select,",
        ),
        (
            [mapped(10016, "", 4711)],  # the name is Jira's own then
            "Field 'Story Points' (customfield_10016) is mapped to 4711, which does not exist in Windshift's"
            " custom_fields. Possible: map it to 'Effort' (number, 12)",
        ),
        (
            [mapped(10016, "Story Points", None)],
            "Field 'Story Points' (customfield_10016) is to be mapped, and not to what. Possible: map it to",
        ),
        (
            [mapped(99999, "Gone", 12)],
            "Field 'Gone' (customfield_99999) does not exist in this Jira: leave it out, or analyze again.",
        ),
        (
            [mapped(10020, "Sprint", "ws:notes")],
            "Field 'Sprint' (customfield_10020) becomes the iterations of its item by itself",
        ),
        (
            [mapped(10032, "Customer", "ws:notes"), mapped(10042, "Severity", "ws:notes")],
            "The fields 'Customer' (customfield_10032) and 'Severity' (customfield_10042) would both go into"
            " Windshift's 'Notes' (text, ws:notes), which holds one value",
        ),
        (
            [{**mapped(10034, "Target date", None), "action": "create", "windshiftType": "number"}],
            "Field 'Target date' (customfield_10034) cannot become a field of the type 'number', since it"
            " holds dates. Possible: date, text, textarea.",
        ),
        (
            [{**mapped(10034, "Target date", None), "action": "merge"}],
            "Field 'Target date' (customfield_10034) has the action 'merge'; possible: create, map, skip.",
        ),
        (
            [mapped(10016, "Story Points", 12), mapped(10016, "Story Points", "ws:notes")],
            "Field 'Story Points' (customfield_10016) is mapped twice, and differently: choose one.",
        ),
    ],
)
async def test_a_field_that_cannot_be_mapped_as_asked(
    connector: Connector, cloud: str, fields: list[dict[str, object]], words: str
) -> None:
    await existing(connector)
    job = await connector.start(await connector.connection(cloud), "SIM", customFields=fields)

    assert job["status"] == "failed"
    assert job["error_message"].startswith(words)


async def test_two_fields_must_not_meet_in_one_that_an_import_creates(
    connector: Connector, cloud: str
) -> None:
    connection = await connector.connection(cloud)
    saved = await connector.context.state.connections.get(connection)
    assert saved is not None
    customer = field_id(saved.site, "customfield_10032")
    document = {"_id": customer, "name": "Customer", "field_type": "text"}
    await connector.context.store.windshift["custom_fields"].insert_one(document)
    severity = mapped(10042, "Severity", customer)
    refused = await connector.start(connection, "SIM", customFields=[severity])
    apart = {**mapped(10032, "Customer", None), "action": "skip"}
    accepted = await connector.start(connection, "SIM", customFields=[severity, apart])

    assert "'Customer' (customfield_10032) and 'Severity' (customfield_10042)" in refused["error_message"]
    assert accepted["status"] == "queued"


async def test_a_mapping_to_something_that_exists(connector: Connector, cloud: str) -> None:
    await existing(connector)
    connection = await connector.connection(cloud)
    status = {"jiraIds": ["3", "5"], "jiraName": "Done", "windshiftId": "ws:done", "createNew": False}
    version = {"jiraId": "20000", "projectKey": "SIM", "createNew": False}
    workspace = {"jiraKey": "SIM", "newWorkspaceName": "Simulated", "newWorkspaceKey": "SIMS"}
    fields = [
        mapped(10016, "Story Points", 12),
        mapped(10030, "Severity", "ws:one"),
        {**mapped(10034, "Target date", None), "action": "create", "windshiftType": "text"},
        {**mapped(10020, "Sprint", None), "action": "create", "windshiftType": "text"},
        {**mapped(10041, "Escalation", None), "action": "skip"},
    ]
    job = await connector.start(
        connection, "SIM", statuses=[status], versions=[version], workspaces=[workspace], customFields=fields
    )

    assert job["status"] == "queued"
    plan = await connector.context.state.plans.get(job["job_id"])
    assert plan.targets == {
        entity_id(plan.site, EntityKind.STATUS, "3"): "ws:done",
        entity_id(plan.site, EntityKind.STATUS, "5"): "ws:done",
        entity_id(plan.site, EntityKind.VERSION, "20000"): None,
    }
    assert plan.workspaces == {"10000": NewWorkspace(name="Simulated", key="SIMS")}
    assert plan.choices == {
        "customfield_10016": FieldChoice(action="map", type=FieldType.NUMBER, target=12),
        "customfield_10030": FieldChoice(
            action="map", type=FieldType.SELECT, target="ws:one", options=("Low", "High")
        ),
        "customfield_10034": FieldChoice(type=FieldType.TEXT),
        "customfield_10041": FieldChoice(action="skip", type=FieldType.TEXT),
    }


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


async def test_a_request_that_the_broker_does_not_take_stays_queued_for_the_fetchers_to_find(
    kafka_settings: KafkaSettings, mongo_settings: MongoSettings, cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = replace(IMPORT_REQUESTED, topic="no.such.topic")
    monkeypatch.setattr("services.connector.start.IMPORT_REQUESTED", absent)
    impatient = kafka_settings.model_copy(update={"request_timeout": timedelta(seconds=1)})
    async with running_connector(settings_of(impatient, mongo_settings, gateway=cloud)) as connector:
        job = await connector.start(await connector.connection(cloud), "SIM")

        assert job["status"] == "queued"
