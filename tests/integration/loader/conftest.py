"""A loader on a real broker and a real store, fed and watched through the topics."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from fastapi import FastAPI

from services.loader.app import create_app
from services.loader.handlers import GROUP
from services.loader.settings import LoaderSettings
from shared.contracts.channels import ENTITIES, PROGRESS
from shared.contracts.events import (
    PROGRESS_EVENT,
    BatchLoaded,
    EntityFetched,
    ProjectFetched,
    ProjectLoaded,
)
from shared.mongo import Store, open_store
from shared.settings import KafkaSettings, MongoSettings
from shared.state import ensure_indexes
from tests.support.groups import pass_over
from tests.support.patience import PATIENCE

Running = Callable[..., AbstractAsyncContextManager[FastAPI]]


@dataclass
class World:
    """The topics around the loader, seen from outside; events of other imports are not ours."""

    import_id: str
    site: str
    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer

    async def send(self, *messages: EntityFetched | ProjectFetched | bytes) -> None:
        """Publish in order on this project's key; bytes go as they are."""
        for message in messages:
            if isinstance(message, EntityFetched):
                value = message.to_bytes()
            elif isinstance(message, bytes):
                value = message
            else:
                value = message.model_dump_json().encode()
            await self.producer.send(ENTITIES.topic, value, key=f"{self.site}:ABC".encode())
        await self.producer.flush()

    async def batches(self, until_loaded: int) -> list[BatchLoaded]:
        """Wait for events until so many things are loaded or dead-lettered."""
        found: list[BatchLoaded] = []
        async for event in self.events():
            if isinstance(event, BatchLoaded):
                found.append(event)
                if sum(sum(one.loaded.values()) + one.dead_lettered for one in found) >= until_loaded:
                    return found
        raise AssertionError("the stream of events never ends")

    async def account(self) -> ProjectLoaded:
        """Wait for the next closing account."""
        async for event in self.events():
            if isinstance(event, ProjectLoaded):
                return event
        raise AssertionError("the stream of events never ends")

    def marker(self) -> ProjectFetched:
        return ProjectFetched(import_id=self.import_id, site=self.site, project_id="1", project_key="ABC")

    async def events(self) -> AsyncIterator[object]:
        """Iterate over the events of this import."""
        async with asyncio.timeout(PATIENCE):
            async for record in self.consumer:
                event = PROGRESS_EVENT.validate_json(record.value)
                if event.import_id == self.import_id:
                    yield event


@asynccontextmanager
async def reading(bootstrap: str, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Read a topic from its present end, without a group."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="latest")
    await consumer.start()
    try:
        for partition in consumer.assignment():
            await consumer.position(partition)  # pins the end before anything is sent
        yield consumer
    finally:
        await consumer.stop()


@pytest.fixture
async def store(mongo_settings: MongoSettings) -> AsyncIterator[Store]:
    async with open_store(mongo_settings) as opened:
        await ensure_indexes(opened)
        yield opened


@pytest.fixture
async def world(kafka_bootstrap: str) -> AsyncIterator[World]:
    unique = uuid4().hex[:8]
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        async with reading(kafka_bootstrap, PROGRESS.topic) as consumer:
            yield World(f"import-{unique}", f"site-{unique}", producer, consumer)
    finally:
        await producer.stop()


@pytest.fixture
async def buried(kafka_bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    """The dead letter topic of the entities, from now on."""
    async with reading(kafka_bootstrap, ENTITIES.dead_letter_topic) as consumer:
        yield consumer


@pytest.fixture
async def running(kafka_settings: KafkaSettings, mongo_settings: MongoSettings) -> Running:
    """Start a loader for a block, with these settings; what other tests left is behind its group."""
    await pass_over(kafka_settings.bootstrap_servers, GROUP, ENTITIES.topic)

    @asynccontextmanager
    async def run(**given: Any) -> AsyncIterator[FastAPI]:
        app = create_app(LoaderSettings(**({"kafka": kafka_settings, "mongo": mongo_settings} | given)))
        async with app.router.lifespan_context(app):
            yield app

    return run
