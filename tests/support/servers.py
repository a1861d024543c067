"""Fixtures for a real broker and a real store: ones that exist, else containers, else embedded ones."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from pydantic import SecretStr

from deploy.embedded.kafka import KafkaServer
from deploy.embedded.mongo import MongoServer
from deploy.embedded.server import Server
from deploy.kafka.topics import apply_topics, read_topics
from shared.settings import KafkaSettings, MongoSettings
from tests.support import containers


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Apache Kafka for the whole session, with the project's topics."""
    if given := os.environ.get("KAFKA_BOOTSTRAP"):
        opened = nothing_to_stop(given)
    elif containers.engine_answers():
        opened = containers.kafka()
    else:
        folder = tmp_path_factory.mktemp("kafka")
        opened = embedded(KafkaServer(folder=folder, logs=folder))
    with opened as bootstrap:
        asyncio.run(apply_topics(bootstrap, read_topics()))
        yield bootstrap


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store of the MongoDB protocol for the whole session."""
    if given := os.environ.get("MONGO_URL"):
        opened = nothing_to_stop(given)
    elif containers.engine_answers():
        opened = containers.mongo()
    else:
        folder = tmp_path_factory.mktemp("mongo")
        opened = embedded(MongoServer(folder=folder, logs=folder))
    with opened as url:
        yield url


@pytest.fixture
def topic_prefix() -> str:
    """Put before the names of topics that one test has for itself."""
    return f"t{uuid4().hex[:8]}."


@pytest.fixture
def kafka_settings(kafka_bootstrap: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=kafka_bootstrap)


@pytest.fixture
def mongo_settings(mongo_url: str) -> MongoSettings:
    """Two databases that one test has for itself."""
    unique = uuid4().hex[:8]
    return MongoSettings(
        url=SecretStr(mongo_url), state_database=f"state_{unique}", windshift_database=f"windshift_{unique}"
    )


@contextmanager
def embedded(server: Server) -> Iterator[str]:
    """Run one embedded server for the length of a block."""
    try:
        yield asyncio.run(server.start())
    finally:
        asyncio.run(server.stop())


@contextmanager
def nothing_to_stop(address: str) -> Iterator[str]:
    yield address
