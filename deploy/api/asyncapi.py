"""The AsyncAPI document of every topic, from the channels that the services themselves use."""

import json
from functools import reduce
from operator import or_
from typing import Annotated, Any

from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI
from pydantic import Field

from shared.contracts.channels import CHANNELS, Channel

_UNREADABLE = (
    "Records of {topic} that nobody could read, in their original bytes and with their key; the headers"
    " x-error, x-reason and x-origin say why and where from."
)


def asyncapi() -> dict[str, Any]:
    """Return the document, AsyncAPI 3.0; the address of a broker is no part of it."""
    broker = KafkaBroker("kafka:9092")
    for channel in CHANNELS:
        broker.publisher(
            channel.topic, title=channel.topic, description=channel.description, schema=_schema(channel)
        )
        broker.publisher(
            channel.dead_letter_topic,
            title=channel.dead_letter_topic,
            description=_UNREADABLE.format(topic=channel.topic),
            schema=bytes,
        )
    document = AsyncAPI(
        broker,
        title="Jira import for Windshift: topics",
        version="1",
        description="Delivery is at least once; every effect is idempotent.",
        schema_version="3.0.0",
    ).to_specification()
    # FastStream keeps publishers in a set: only sorted is the document the same every time.
    found: dict[str, Any] = json.loads(json.dumps(json.loads(document.to_json()), sort_keys=True))
    return found


def _schema(channel: Channel) -> Any:
    if len(channel.models) == 1:
        return channel.models[0]
    return Annotated[reduce(or_, channel.models), Field(discriminator="type")]
