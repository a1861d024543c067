"""A broker or a store that is away, or cut off without a word: all is well again when it is back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from shared.contracts.channels import PROGRESS
from shared.errors import TransientError
from shared.kafka import broker_probe, open_broker, publish_all, running_broker
from shared.mongo import open_store
from shared.settings import KafkaSettings, MongoSettings
from tests.support.relay import Cut, Relay


@pytest.fixture
async def relay(kafka_bootstrap: str) -> AsyncIterator[Relay]:
    async with Relay(upstream=int(kafka_bootstrap.rpartition(":")[2])) as opened:
        yield opened


def through(relay: Relay) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=f"127.0.0.1:{relay.port}")


@pytest.mark.filterwarnings("ignore:Unclosed AIOKafkaProducer:ResourceWarning")
async def test_a_service_that_starts_before_its_broker(relay: Relay) -> None:
    """The framework takes a connection that was not made for one, when it is asked again."""
    relay.cut(how=Cut.REFUSED)
    asyncio.get_running_loop().call_later(1.5, relay.heal)

    async def nobody(*_: Any) -> None:
        """Nothing is read here that could be set aside."""

    broker = open_broker(through(relay), registry=CollectorRegistry(), service="test", set_aside=nobody)
    async with running_broker(broker):
        await publish_all(broker, PROGRESS, [(b"nobody", b"{}")])
        assert await broker.ping(timeout=5)


async def test_readiness_when_the_broker_is_back_after_a_silence(relay: Relay) -> None:
    probe = broker_probe(through(relay))
    await probe()
    relay.cut(how=Cut.REFUSED)
    with pytest.raises(TransientError, match="Kafka does not answer"):
        await probe()
    relay.heal()
    await probe()
    relay.cut(how=Cut.LOST)
    with pytest.raises(TransientError):
        await probe()
    relay.heal()
    await probe()


async def test_a_service_that_starts_before_its_store(mongo_settings: MongoSettings) -> None:
    url = httpx.URL(mongo_settings.url.get_secret_value())
    async with Relay(upstream=url.port or 0) as relay:
        behind = SecretStr(str(url.copy_with(port=relay.port)))
        relay.cut(how=Cut.REFUSED)
        asyncio.get_running_loop().call_later(1.5, relay.heal)
        async with open_store(mongo_settings.model_copy(update={"url": behind})) as store:
            await store.until_up()
            await store.ping()
