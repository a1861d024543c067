"""Creates the topics of topics.yml on a broker; those that exist are left as they are."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

BROKER_DEFAULT = -1  # replication is the cluster's decision; aiokafka wants an (empty) assignment beside it
DEFINITION = Path(__file__).with_name("topics.yml")


class TopicsRefusedError(RuntimeError):
    """The broker would not create some topics; the message names each with the reason."""


@dataclass(frozen=True)
class Topic:
    """One topic as it shall be."""

    name: str
    partitions: int
    config: dict[str, str]


def read_topics(path: Path = DEFINITION, *, prefix: str = "") -> list[Topic]:
    """All topics with their dead letter topics; tests put a prefix before the names."""
    definition: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    defaults = definition["defaults"]
    topics = []
    for name, wanted in definition["topics"].items():
        config = defaults | wanted.get("config", {})
        dead_letters = defaults | definition["dead_letters"]
        topics.append(Topic(prefix + name, wanted["partitions"], _as_text(config)))
        topics.append(Topic(f"{prefix}{name}.dlq", 1, _as_text(dead_letters)))
    return topics


async def apply_topics(bootstrap_servers: str, topics: Sequence[Topic]) -> list[str]:
    """Create what is missing, with the broker's own default replication, and return the names of it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, client_id="topics")
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        if missing:
            await _create(admin, missing)
    finally:
        await admin.close()
    return [topic.name for topic in missing]


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    wanted = [
        NewTopic(
            topic.name, topic.partitions, BROKER_DEFAULT, replica_assignments={}, topic_configs=topic.config
        )
        for topic in topics
    ]
    answer = await admin.create_topics(wanted)
    # The call itself succeeds even where a topic was refused: each has an error code of its own.
    refused = [
        f"{name}: {for_code(code).__name__} {' '.join(str(part) for part in text if part)}".rstrip()
        for name, code, *text in answer.topic_errors
        if code not in (0, TopicAlreadyExistsError.errno)  # another one-shot job may have been faster
    ]
    if refused:
        raise TopicsRefusedError("; ".join(refused))


def _as_text(config: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in config.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Creates the topics that are missing.")
    parser.add_argument(
        "--bootstrap-servers", default=os.environ.get("KAFKA__BOOTSTRAP_SERVERS", "localhost:9092")
    )
    arguments = parser.parse_args()
    try:
        asyncio.run(apply_topics(arguments.bootstrap_servers, read_topics()))
    except (KafkaError, TopicsRefusedError) as error:
        sys.exit(f"cannot create topics at {arguments.bootstrap_servers}: {error}")


if __name__ == "__main__":
    main()
