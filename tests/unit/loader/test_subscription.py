"""Delivery depends on options that the framework's defaults get wrong."""

from typing import Any, cast

from faststream import AckPolicy
from prometheus_client import CollectorRegistry

from services.loader.handlers import connect_handlers
from shared.kafka import open_broker
from shared.metrics import Metrics
from shared.mongo import open_store
from shared.settings import KafkaSettings, MongoSettings


async def test_every_subscriber_states_how_it_acknowledges() -> None:
    registry = CollectorRegistry()
    broker = open_broker(KafkaSettings(), registry=registry, service="loader")
    async with open_store(MongoSettings()) as store:  # connects to nothing before it is asked
        connect_handlers(broker, store, Metrics(registry), batch_records=500)
    assert len(broker.subscribers) == 1
    for subscriber in cast(list[Any], broker.subscribers):
        assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR
        assert subscriber.group_id == "loader.entities"
        assert subscriber.max_records == 500
        assert subscriber._connection_args["auto_offset_reset"] == "earliest"
