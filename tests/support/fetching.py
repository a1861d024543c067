"""An import as the fetchers see it: its records, their process, and what they publish on the topics."""

import asyncio
import base64
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from fastapi import FastAPI
from pydantic import SecretStr

from services.fetcher.app import create_app
from services.fetcher.settings import FetcherSettings
from shared.contracts.channels import CHANNELS, ENTITIES, FETCH_TASK, IMPORT_REQUESTED, PROGRESS, Channel
from shared.contracts.events import (
    PROGRESS_EVENT,
    EntityFetched,
    FetchTask,
    ImportRequested,
    ImportStateChanged,
    entity_message,
)
from shared.crypto import Vault
from shared.holdings import holdings
from shared.ids import project_run_id
from shared.kinds import Deployment, EntityKind, State, TokenKind
from shared.mongo import Store, open_store
from shared.settings import JiraSettings, KafkaSettings, MongoSettings, SecretsSettings
from shared.state import State as StateDb
from shared.state import ensure_indexes
from shared.state.connections import Connection
from shared.state.dead_letters import DeadLetter
from shared.state.imports import Import, ProjectRun
from shared.state.ledger import Task, TaskState
from tests.support.patience import PATIENCE
from tests.support.simulator import SimulatedJira

KEY = bytes(range(32))
PROJECT_IDS = {"SIM": "10000", "OPS": "10001", "WEB": "10002", "APP": "10003"}
KINDS = {"scoped": TokenKind.SCOPED, "cloud": TokenKind.UNSCOPED, "datacenter": TokenKind.PAT}

Fetcher = Callable[..., AbstractAsyncContextManager[FastAPI]]


@dataclass
class Wire:
    """The topics from outside, from the moment at which a test began."""

    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer
    records: dict[str, list[ConsumerRecord]] = field(default_factory=lambda: defaultdict(list))
    entities: dict[str, list[EntityFetched]] = field(default_factory=lambda: defaultdict(list))  # by import
    markers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # by import

    async def send(self, channel: Channel, event: Any) -> None:
        """Publish an event as its producer would; bytes go as they are."""
        raw = isinstance(event, bytes)
        value = event if raw else event.model_dump_json().encode()
        await self.producer.send_and_wait(channel.topic, value, key=None if raw else channel.key_of(event))

    async def until(
        self, condition: Callable[[], bool | Awaitable[bool]], what: str, *, within: float = PATIENCE
    ) -> None:
        """Read records until a condition holds."""
        try:
            async with asyncio.timeout(within):
                while True:
                    holds = condition()
                    if holds if isinstance(holds, bool) else await holds:
                        return
                    for records in (await self.consumer.getmany(timeout_ms=20)).values():
                        self._keep(records)
        except TimeoutError:
            raise AssertionError(f"{what}: not within {within:g} s") from None

    def _keep(self, records: Sequence[ConsumerRecord]) -> None:
        for record in records:
            if record.topic != ENTITIES.topic:
                self.records[record.topic].append(record)
                continue
            message = entity_message(record.value)
            if isinstance(message, EntityFetched):
                self.entities[message.import_id].append(message)
            else:
                self.markers[message.import_id][message.project_key] += 1

    def dead(self, key: bytes, channel: Channel = FETCH_TASK) -> list[ConsumerRecord]:
        """The records with a key that begins like this on the dead letter topic of a channel.

        Tests share the topics: what one leaves behind is an unknown task to the next one's fetcher.
        """
        return [r for r in self.records[channel.dead_letter_topic] if (r.key or b"").startswith(key)]

    async def buried(self, count: int, key: bytes, channel: Channel = FETCH_TASK) -> list[ConsumerRecord]:
        """Wait for so many of them."""
        await self.until(lambda: len(self.dead(key, channel)) >= count, f"{count} records are buried")
        return self.dead(key, channel)


@dataclass
class Run:
    """One import, from the outside."""

    id: str
    site: str
    jira: SimulatedJira
    projects: tuple[str, ...]
    state: StateDb
    store: Store
    wire: Wire
    connection: Connection

    async def request(self) -> None:
        """Say that the import was started, as the connector does."""
        event = ImportRequested(
            import_id=self.id, site=self.site, connection_id=self.connection.id, project_keys=self.projects
        )
        await self.wire.send(IMPORT_REQUESTED, event)

    async def send(self, *tasks: Task, attempt: int = 1) -> None:
        """Publish tasks, as a fetcher does."""
        for task in tasks:
            await self.wire.send(
                FETCH_TASK,
                FetchTask(
                    import_id=self.id,
                    task_id=task.id,
                    project_key=task.project_key,
                    kind=task.kind,
                    attempt=attempt,
                ),
            )

    def markers(self) -> Counter[str]:
        """How often each project was said to be fetched: by each task that found no other pending."""
        return Counter(self.wire.markers[self.id])

    async def fetched(self, *, after: Mapping[str, int] | None = None, more: int = 1) -> None:
        """Wait until no task is pending and each project has a marker (more than there were)."""
        before = after or {}

        async def done() -> bool:
            now = self.markers()
            if any(now[key] < before.get(key, 0) + more for key in self.projects):
                return False
            return not any([await self.pending(key) for key in self.projects])

        await self.wire.until(done, f"the markers of {self.projects}")

    async def reaches(self, state: State) -> Import:
        """Wait until the import is in a state."""

        async def there() -> bool:
            return await self.state.imports.state_of(self.id) is state

        await self.wire.until(there, f"the import is {state}")
        found = await self.state.imports.get(self.id)
        assert found is not None
        return found

    @property
    def entities(self) -> list[EntityFetched]:
        """What was published, in the order of the topic, repetitions included."""
        return list(self.wire.entities[self.id])

    def ids(self, kind: EntityKind, project: str | None = None) -> set[str]:
        return {e.id for e in self.entities if e.kind is kind and project in (None, e.project_key)}

    def changes(self) -> list[ImportStateChanged]:
        """The state changes that fetchers told the connector."""
        events = (PROGRESS_EVENT.validate_json(record.value) for record in self.wire.records[PROGRESS.topic])
        return [e for e in events if isinstance(e, ImportStateChanged) and e.import_id == self.id]

    async def ledger(self, project: str = "SIM") -> dict[EntityKind, set[str]]:
        """The ids that Jira has, by what the ledger says was listed and published."""
        held = await holdings(self.state, project_run_id(self.id, project))
        return defaultdict(set, {kind: set(ids) for kind, ids in held.present.items()})

    async def letters(self, project: str = "SIM") -> list[DeadLetter]:
        return [letter async for letter in self.state.dead_letters.of_project(self.id, project)]

    async def tasks(self, **query: Any) -> list[dict[str, Any]]:
        """The raw records of the ledger."""
        cursor = self.store.state["tasks"].find({"import_id": self.id, **query}).sort("_id", 1)
        return await cursor.to_list(None)

    async def pending(self, project: str = "SIM") -> list[Task]:
        return [task async for task in self.state.ledger.pending(self.id, project)]

    async def forget_end(self, *tasks: dict[str, Any]) -> list[Task]:
        """Bring tasks back to where a noticed crash between publishing and marking done leaves them.

        Their projects aren't fetched then: who finds a task of theirs done has to see to the marker.
        """
        ids = [task["_id"] for task in tasks]
        await self.store.state["import_projects"].update_many(
            {"import_id": self.id}, {"$set": {"fetched_at": None}}
        )
        await self.store.state["tasks"].update_many(
            {"_id": {"$in": ids}},
            {"$set": {"state": TaskState.PENDING, "owner": None}, "$unset": {"manifest": ""}},
        )
        return [task for task in await self.pending() if task.id in ids]

    async def use_token(self, token: str, *, connection_id: str) -> None:
        """Let the import go on with another credential: of its connection, or of a new one."""
        sealed = Vault(KEY, "k1").encrypt(token, owner=connection_id)
        renewed = self.connection.model_copy(update={"id": connection_id, "sealed_token": sealed})
        await self.state.connections.delete(connection_id)
        await self.state.connections.add(renewed)
        await self.store.state["imports"].update_one(
            {"_id": self.id}, {"$set": {"connection_id": connection_id}}
        )
        await self.state.imports.set_state(self.id, State.RUNNING, only_from=(State.PAUSED,))


@dataclass(frozen=True)
class Runs:
    """Makes imports."""

    store: Store
    wire: Wire

    async def of(
        self,
        jira: SimulatedJira,
        *projects: str,
        base_url: str | None = None,
        token: str | None = None,
        time_zone: str = "UTC",
        jql: str = "",
    ) -> Run:
        """Enter an import into the state database; `request` starts it."""
        unique, state = uuid4().hex[:8], StateDb(self.store)
        projects = projects or ("SIM",)
        deployment = Deployment(jira.login.deployment_type)
        connection = Connection(
            id=f"connection-{unique}",
            site=f"site-{unique}",
            instance_url=jira.url,
            base_url=base_url or jira.base_url,
            email=jira.login.email,
            deployment=deployment,
            token_kind=KINDS.get(jira.options.deployment.rpartition("-")[2], TokenKind.UNSCOPED),
            time_zone=time_zone,
            sealed_token=Vault(KEY, "k1").encrypt(
                token or jira.login.api_token, owner=f"connection-{unique}"
            ),
            created_at=datetime.now(UTC),
        )
        await state.connections.add(connection)
        import_ = Import(
            id=f"import-{unique}",
            connection_id=connection.id,
            site=connection.site,
            instance_url=jira.url,
            deployment=deployment,
            project_keys=projects,
            jql=jql,
            created_at=datetime.now(UTC),
        )
        await state.imports.create(import_, [_project(import_, key) for key in projects])
        return Run(import_.id, import_.site, jira, projects, state, self.store, self.wire, connection)


def _project(import_: Import, key: str) -> ProjectRun:
    return ProjectRun(
        import_id=import_.id, site=import_.site, project_key=key, project_id=PROJECT_IDS.get(key, "10000")
    )


def fetcher_settings(kafka: KafkaSettings, mongo: MongoSettings, **given: Any) -> FetcherSettings:
    """Few and quick tries, unless given otherwise: no test waits for a back-off of half a minute."""
    key = base64.b64encode(KEY).decode()
    jira = JiraSettings(**{"allow_private_addresses": True, "attempts": 3, **given.pop("jira", {})})
    given = {"task_attempts": 2, **given}
    return FetcherSettings(
        kafka=kafka, mongo=mongo, jira=jira, secrets=SecretsSettings(key=SecretStr(key)), **given
    )


@asynccontextmanager
async def running_fetcher(settings: FetcherSettings) -> AsyncIterator[FastAPI]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def fetcher(kafka_settings: KafkaSettings, mongo_settings: MongoSettings) -> Fetcher:
    """Run one fetcher for a block; keyword arguments are settings."""

    def run(**given: Any) -> AbstractAsyncContextManager[FastAPI]:
        kafka = given.pop("kafka", kafka_settings)
        return running_fetcher(fetcher_settings(kafka, mongo_settings, **given))

    return run


@pytest.fixture
async def store(mongo_settings: MongoSettings) -> AsyncIterator[Store]:
    async with open_store(mongo_settings) as opened:
        await ensure_indexes(opened)
        yield opened


@pytest.fixture
async def wire(kafka_bootstrap: str) -> AsyncIterator[Wire]:
    topics: Sequence[str] = [
        ENTITIES.topic, PROGRESS.topic, *(channel.dead_letter_topic for channel in CHANNELS)
    ]  # fmt: skip
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=kafka_bootstrap, auto_offset_reset="latest")
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, enable_idempotence=True)
    await asyncio.gather(consumer.start(), producer.start())
    try:
        for partition in consumer.assignment():
            await consumer.position(partition)  # pins the end before anything is sent
        yield Wire(producer, consumer)
    finally:
        await asyncio.gather(consumer.stop(), producer.stop())


@pytest.fixture
def runs(store: Store, wire: Wire) -> Runs:
    return Runs(store, wire)
