"""The broker as this project uses it: idempotent producer, explicit acks, dead letters."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import chain
from typing import Any, Final, cast

import stamina
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import IllegalStateError, KafkaError, MessageSizeTooLargeError
from faststream import AckPolicy, BaseMiddleware, StreamMessage
from faststream.exceptions import IgnoredException
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from faststream.kafka.security import parse_security
from faststream.message import AckStatus
from faststream.security import BaseSecurity, SASLPlaintext
from prometheus_client import CollectorRegistry
from pydantic import ValidationError
from pymongo.errors import PyMongoError

from shared.contracts.channels import Channel
from shared.errors import PermanentError, TransientError
from shared.logging import get_logger
from shared.mongo import is_transient
from shared.poison import letter_about, origin_of
from shared.settings import KafkaSettings
from shared.state.dead_letters import DeadLetters

log = get_logger("kafka")

START_TIMEOUT: Final = 60.0  # seconds; a broker on the same machine is up in three
_IDLE_WAIT_MS: Final = 10  # FastStream waits that long for a record, and then sleeps as long again
# The driver has one fetch in flight per broker: while that waits on idle partitions, the busy one waits too.
_FETCH_WAIT_MS: Final = 60  # at 20, asking for nothing costs a twentieth of a core for each consumer
_HEARTBEAT_MS: Final = 1_000  # also how soon members learn that another one joined; three by default
_FETCH_BYTES: Final = 2 * 2**20  # of one partition, where a project's records wait in a row
_PROBE_TIMEOUT_MS: Final = 5_000
_LARGEST: Final = 8 * 2**20  # bytes of a record; the dead letter topics take that, the others 1 MiB
_KEPT_OF_LARGE: Final = 512 * 1024
REDELIVERY_DELAY: Final = 0.5  # seconds; NACK_ON_ERROR itself re-reads at once, thousands of times a second

SetAside = Callable[[KafkaBroker, Iterable[ConsumerRecord], Exception], Awaitable[None]]


class Quarantine(BaseMiddleware):
    """Transient errors wait and are re-read; a record that breaks its handler is set aside."""

    def __init__(self, *args: Any, set_aside: SetAside, **options: Any) -> None:
        super().__init__(*args, **options)
        self._set_aside = set_aside

    async def consume_scope(
        self,
        call_next: Callable[[StreamMessage[Any]], Awaitable[Any]],
        msg: StreamMessage[Any],
    ) -> Any:
        try:
            return await call_next(msg)
        except IgnoredException:
            raise
        except Exception as error:
            if may_pass(error):
                log.warning("redelivery", reason=str(error), error=type(error).__name__)
                await asyncio.sleep(REDELIVERY_DELAY)
                rewind(msg)
                raise
            if isinstance(error, PermanentError | ValidationError):
                log.warning("quarantined", reason=str(error)[:500])
            else:
                log.exception("quarantined")
            try:
                await self._set_aside(self.context.get_local("broker"), records_of(msg), error)
            except Exception:
                await asyncio.sleep(REDELIVERY_DELAY)
                rewind(msg)
                raise
            return None


def may_pass(error: Exception) -> bool:
    """Tell an absent broker or store from a record that nobody can handle."""
    if isinstance(error, PyMongoError):
        return is_transient(error)
    return isinstance(error, TransientError | KafkaError) and not isinstance(error, MessageSizeTooLargeError)


def rewind(msg: StreamMessage[Any]) -> None:
    """Let the records of a message be read again by whoever has their partitions now.

    The framework's own way ends at the first partition that went to another consumer meanwhile; those behind
    it would be committed as if they were handled.
    """
    if msg.committed:
        return
    earliest: dict[TopicPartition, int] = {}
    for record in records_of(msg):
        place = TopicPartition(record.topic, record.partition)
        earliest[place] = min(record.offset, earliest.get(place, record.offset))
    consumer = cast(KafkaMessage, msg).consumer
    for place, offset in earliest.items():
        with suppress(IllegalStateError):  # another consumer has it, and begins at what was committed
            consumer.seek(place, offset)
    msg.committed = AckStatus.NACKED


def records_of(msg: StreamMessage[Any]) -> Sequence[ConsumerRecord]:
    """Return the raw record or records behind a message."""
    raw = msg.raw_message
    return raw if isinstance(raw, tuple) else (raw,)


async def read_on(msg: StreamMessage[Any], most: int) -> Sequence[ConsumerRecord]:
    """Return up to `most` records that lie ready behind a batch; from now on they are a part of it.

    They are acknowledged with it, or read again with it. Empty when there are none, or they are on their way.
    """
    consumer = cast(AIOKafkaConsumer, cast(KafkaMessage, msg).consumer)
    found = await consumer.getmany(timeout_ms=0, max_records=most)
    following = tuple(chain.from_iterable(found.values()))
    msg.raw_message = (*records_of(msg), *following)
    return following


async def bury(broker: KafkaBroker, records: Iterable[ConsumerRecord], reason: Exception | str) -> None:
    """Copy records to their dead letter topic with the original bytes and key, and the reason as headers.

    Of a record that is too large for that topic, the beginning.
    """
    name = "Unreadable" if isinstance(reason, str) else type(reason).__name__
    for record in records:
        value = record.value or b""
        headers = {"x-error": name, "x-reason": str(reason)[:500], "x-origin": origin_of(record)}
        try:
            await _copy(broker, record, value, headers)
        except MessageSizeTooLargeError:  # it came compressed
            cut = {**headers, "x-cut": f"the first {_KEPT_OF_LARGE} of {len(value)} bytes"}
            await _copy(broker, record, value[:_KEPT_OF_LARGE], cut)


async def _copy(broker: KafkaBroker, record: ConsumerRecord, value: bytes, headers: dict[str, str]) -> None:
    await broker.publish(value, topic=f"{record.topic}.dlq", key=record.key, headers=headers)


def setting_aside(letters: DeadLetters) -> SetAside:
    """Return what sets records aside: into the account of their import, then into their dead letter topic."""

    async def set_aside(broker: KafkaBroker, records: Iterable[ConsumerRecord], reason: Exception) -> None:
        records = list(records)
        found = [letter_about(record, str(reason)[:500] or type(reason).__name__) for record in records]
        await letters.add([letter for letter in found if letter])
        await bury(broker, records, reason)

    return set_aside


def open_broker(
    settings: KafkaSettings, *, registry: CollectorRegistry, service: str, set_aside: SetAside
) -> KafkaBroker:
    """Build the broker; nothing connects before it is started. `set_aside` takes what breaks its handler."""
    return KafkaBroker(
        settings.bootstrap_servers.split(","),
        client_id=service,
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=256 * 1024,
        max_request_size=_LARGEST,
        request_timeout_ms=int(settings.request_timeout.total_seconds() * 1000),
        graceful_timeout=20,
        allow_auto_create_topics=False,
        security=security_of(settings),
        middlewares=(
            partial(Quarantine, set_aside=set_aside),
            KafkaPrometheusMiddleware(registry=registry, app_name=service),
        ),
        logger=log,  # the framework's own writes by itself, in colours
        log_level=logging.DEBUG,
    )


@asynccontextmanager
async def running_broker(broker: KafkaBroker) -> AsyncIterator[None]:
    """Connect, consume until the end of the block, then stop; a broker that is not up yet is waited for."""
    async for attempt in stamina.retry_context(on=KafkaError, attempts=None, timeout=START_TIMEOUT):
        with attempt:
            await _connect(broker)
    try:
        await broker.start()
        yield
    finally:
        await broker.stop()


async def _connect(broker: KafkaBroker) -> None:
    """Connect or leave nothing half connected: a second try would take that for done, and never be ready."""
    try:
        await broker.connect()
    except KafkaError:
        await broker.stop()
        raise


def broker_probe(settings: KafkaSettings) -> Callable[[], Awaitable[None]]:
    """Return the readiness probe of a broker: TransientError while Kafka does not answer.

    It asks over a connection of its own. A lasting one may have died without a word: it would answer no
    probe, and be given up by none, since a request takes longer to be than a probe can wait.
    """

    async def probe() -> None:
        client = AIOKafkaClient(
            bootstrap_servers=settings.bootstrap_servers.split(","),
            request_timeout_ms=_PROBE_TIMEOUT_MS,
            **parse_security(security_of(settings)),
        )
        try:
            await client.bootstrap()
        except KafkaError as error:
            raise TransientError("Kafka does not answer") from error
        finally:
            await client.close()

    return probe


def subscribe(
    broker: KafkaBroker,
    channel: Channel,
    handler: Callable[..., Awaitable[None]],
    *,
    settings: KafkaSettings,
    group: str,
    batch: int | None = None,
    least_fetched: int = 1,
    listener: ConsumerRebalanceListener | None = None,
) -> None:
    """Let a handler consume a channel: bytes, or a list of up to `batch` bytes.

    Of a batch, the broker waits a moment for `least_fetched` bytes: few large ones come then instead of many.

    Every option that delivery depends on is stated here: FastStream's own defaults lose records. With a
    listener comes a handler that commits by itself: what it returned from is not done yet.
    """
    options: dict[str, Any] = {
        "group_id": group,
        "auto_offset_reset": "earliest",
        "ack_policy": AckPolicy.NACK_ON_ERROR if listener is None else AckPolicy.MANUAL,
        "listener": listener,
        "decoder": raw_body,
        "no_reply": True,
        "session_timeout_ms": int(settings.session_timeout.total_seconds() * 1000),
        "max_poll_interval_ms": int(settings.max_poll_interval.total_seconds() * 1000),
        "heartbeat_interval_ms": _HEARTBEAT_MS,
        "title": group,
        "description": channel.description,
    }
    if batch is not None:
        options |= {
            "batch": True,
            "max_records": batch,
            "batch_timeout_ms": _IDLE_WAIT_MS,
            "fetch_max_wait_ms": _FETCH_WAIT_MS,
            "fetch_min_bytes": least_fetched,
            "max_partition_fetch_bytes": _FETCH_BYTES,
        }
    broker.subscriber(channel.topic, **options)(handler)


async def raw_body(msg: StreamMessage[Any]) -> Any:
    """Skip the framework's parsing: one unreadable record must not take its batch with it."""
    return msg.body


async def publish_all(broker: KafkaBroker, channel: Channel, messages: Iterable[tuple[bytes, bytes]]) -> None:
    """Send (key, value) pairs and wait until the broker has acknowledged every one of them."""
    futures = [
        await broker.publish(value, topic=channel.topic, key=key, no_confirm=True) for key, value in messages
    ]
    try:
        await asyncio.gather(*futures)
    except KafkaError as error:
        raise TransientError(f"Kafka did not acknowledge a message on {channel.topic}: {error}") from error


def security_of(settings: KafkaSettings) -> BaseSecurity | None:
    """Return how to log in to the broker, as FastStream puts it."""
    if settings.security_protocol == "PLAINTEXT":
        return None
    # The driver makes no context by itself; authorities of your own: SSL_CERT_FILE names a file of them.
    context = ssl.create_default_context() if settings.security_protocol.endswith("SSL") else None
    if settings.security_protocol == "SSL":
        return BaseSecurity(ssl_context=context, use_ssl=True)
    return SASLPlaintext(
        username=settings.sasl_username,
        password=settings.sasl_password.get_secret_value(),
        ssl_context=context,
        use_ssl=context is not None,
    )
