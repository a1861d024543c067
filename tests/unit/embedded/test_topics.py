"""The file of topics beside the channels that the services use."""

import sys

import pytest

from deploy.kafka.topics import Topic, main, read_topics
from shared.contracts.channels import CHANNELS


def test_every_channel_has_its_topic_and_its_dead_letters_and_nothing_else_exists() -> None:
    wanted = {name for channel in CHANNELS for name in (channel.topic, channel.dead_letter_topic)}
    assert {topic.name for topic in read_topics()} == wanted


def test_work_spreads_over_twelve_partitions_and_dead_letters_over_one() -> None:
    partitions = {topic.name: topic.partitions for topic in read_topics()}
    assert partitions["jira.fetch.task.v1"] == partitions["jira.entities.v1"] == 12
    assert {count for name, count in partitions.items() if name.endswith(".dlq")} == {1}


def test_dead_letters_are_kept_longer_than_records() -> None:
    kept = {topic.name: int(topic.config["retention.ms"]) for topic in read_topics()}
    assert kept["jira.entities.v1.dlq"] > kept["jira.entities.v1"]


def test_a_prefix_goes_before_every_name() -> None:
    assert Topic("test.jira.entities.v1", 12, read_topics()[4].config) in read_topics(prefix="test.")


def test_without_a_broker_the_job_ends_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["topics", "--bootstrap-servers", "127.0.0.1:1"])
    with pytest.raises(SystemExit, match=r"^cannot create topics at 127\.0\.0\.1:1: KafkaConnectionError"):
        main()
