"""Delivery hangs on options that FastStream's defaults get wrong: every subscriber states them."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaConnectionError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.message import AckStatus
from prometheus_client import CollectorRegistry
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure, ServerSelectionTimeoutError

from services.connector.handlers import subscribe_to_progress
from services.fetcher.handlers import connect_handlers as connect_fetcher
from services.fetcher.settings import FetcherSettings
from services.loader.handlers import connect_handlers as connect_loader
from services.loader.settings import LoaderSettings
from shared.contracts.channels import CHANNELS, FETCH_TASK
from shared.errors import PermanentError, TransientError
from shared.kafka import may_pass, open_broker, rewind
from shared.metrics import Metrics
from shared.mongo import open_store
from shared.settings import KafkaSettings, MongoSettings


async def nobody(*_: Any) -> None:
    """Sets nothing aside."""


NOBODY = cast(Any, None)  # handlers are only declared here, never called


async def brokers() -> AsyncIterator[KafkaBroker]:
    """The brokers of the three services, subscribed and not connected."""
    for service in ("connector", "fetcher", "loader"):
        registry = CollectorRegistry()
        broker = open_broker(KafkaSettings(), registry=registry, service=service, set_aside=NOBODY)
        if service == "connector":
            subscribe_to_progress(broker, NOBODY, KafkaSettings())
        elif service == "fetcher":
            settings = FetcherSettings()
            worker = cast(Any, SimpleNamespace(run=None))
            connect_fetcher(
                broker, worker=worker, planner=NOBODY, set_aside=nobody, settings=settings, waits=NOBODY
            )
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


def test_what_is_read_again_when_a_part_of_it_went_to_another_consumer() -> None:
    """The others must not be passed over for that: the next commit would be past them."""
    sought: dict[TopicPartition, int] = {}

    def seek(place: TopicPartition, offset: int) -> None:
        if place.partition == 1:
            raise IllegalStateError("No current assignment for partition")
        sought[place] = offset

    records = [SimpleNamespace(topic="t", partition=p, offset=o) for p, o in ((0, 4), (1, 7), (2, 9), (2, 8))]
    message = SimpleNamespace(raw_message=tuple(records), committed=None, consumer=SimpleNamespace(seek=seek))
    rewind(cast(Any, message))
    assert sought == {TopicPartition("t", 0): 4, TopicPartition("t", 2): 8}
    assert message.committed is AckStatus.NACKED, "the framework does not do it once more"
