"""Delivery hangs on options that FastStream's defaults get wrong: every subscriber states them."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from prometheus_client import CollectorRegistry
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure, ServerSelectionTimeoutError

from services.connector.handlers import subscribe_to_progress
from services.fetcher.handlers import connect_handlers as connect_fetcher
from services.fetcher.settings import FetcherSettings
from services.loader.handlers import connect_handlers as connect_loader
from services.loader.settings import LoaderSettings
from shared.contracts.channels import CHANNELS, FETCH_TASK
from shared.errors import PermanentError, TransientError
from shared.kafka import may_pass, open_broker
from shared.metrics import Metrics
from shared.mongo import open_store
from shared.settings import KafkaSettings, MongoSettings

NOBODY = cast(Any, None)  # handlers are only declared here, never called


async def brokers() -> AsyncIterator[KafkaBroker]:
    """The brokers of the three services, subscribed and not connected."""
    for service in ("connector", "fetcher", "loader"):
        registry = CollectorRegistry()
        broker = open_broker(KafkaSettings(), registry=registry, service=service)
        if service == "connector":
            subscribe_to_progress(broker, NOBODY, KafkaSettings())
        elif service == "fetcher":
            settings = FetcherSettings()
            worker = cast(Any, SimpleNamespace(run=None))
            connect_fetcher(broker, worker=worker, planner=NOBODY, settings=settings)
        else:
            async with open_store(MongoSettings()) as store:  # connects to nothing before it is asked
                connect_loader(broker, store, Metrics(registry), LoaderSettings())
        yield broker


async def test_every_subscriber_of_every_service_states_its_delivery() -> None:
    found: dict[str, str] = {}
    async for broker in brokers():
        for subscriber in cast(list[Any], broker.subscribers):
            (topic,) = (topic.name for topic in subscriber.topics)
            by_itself = topic == FETCH_TASK.topic  # Dispatcher: tasks end in any order
            wanted = AckPolicy.MANUAL if by_itself else AckPolicy.NACK_ON_ERROR
            assert subscriber.ack_policy is wanted, topic
            assert (subscriber._listener is not None) is by_itself, topic
            assert subscriber._connection_args["enable_auto_commit"] is False, topic
            assert subscriber._connection_args["auto_offset_reset"] == "earliest", topic
            found[topic] = subscriber.group_id
    assert set(found) == {channel.topic for channel in CHANNELS}, "each channel has one service that reads it"
    assert all(found.values())
    assert len(set(found.values())) == len(found), "no group reads two topics"


@pytest.mark.parametrize(
    "error",
    [
        TransientError("later"),
        KafkaConnectionError(),
        AutoReconnect("gone"),
        ServerSelectionTimeoutError("nobody"),
    ],
)
def test_what_is_away_is_waited_for(error: Exception) -> None:
    assert may_pass(error)


@pytest.mark.parametrize(
    "error",
    [
        PermanentError("never"),
        ValueError("odd"),
        DuplicateKeyError("twice"),
        OperationFailure("no such command"),
    ],
)
def test_what_nobody_can_handle_goes_to_the_dead_letters(error: Exception) -> None:
    assert not may_pass(error)
