"""Channels: the key of each event keeps in order what must stay in order."""

from collections.abc import Callable
from typing import Any

import pytest

from deploy.kafka.topics import read_topics
from shared.contracts.channels import (
    CHANNELS,
    ENTITIES,
    FETCH_TASK,
    IMPORT_REQUESTED,
    PROGRESS,
    REMAP,
    Channel,
)
from shared.contracts.events import (
    BatchLoaded,
    EntityFetched,
    FetchTask,
    ImportRequested,
    ImportStateChanged,
    ProjectFetched,
    ProjectLoaded,
    RemapProgressed,
    RemapRequested,
)
from shared.kinds import EntityKind, State, TaskKind

EVENTS: list[tuple[Channel, Any, bytes]] = [
    (IMPORT_REQUESTED, ImportRequested(import_id="i", site="s", connection_id="c", project_keys=()), b"i"),
    (
        FETCH_TASK,
        FetchTask(import_id="i", task_id="i/A/list/0", project_key="A", kind=TaskKind.LIST),
        b"i/A/list/0",
    ),
    (
        ENTITIES,
        EntityFetched(
            import_id="i", site="s", project_id="1", project_key="A", kind=EntityKind.ISSUE, id="7",
            occurred_at=1,
        ),
        b"s:A",
    ),
    (ENTITIES, ProjectFetched(import_id="i", site="s", project_id="1", project_key="A"), b"s:A"),
    (
        PROGRESS,
        BatchLoaded(
            import_id="i", project_key="A", partition=0, first_offset=0, last_offset=1, loaded={}, written=0,
            dead_lettered=0,
        ),
        b"i",
    ),
    (PROGRESS, ProjectLoaded(import_id="i", project_key="A", kinds={}), b"i"),
    (REMAP, RemapRequested(import_id="i", project_key="A", revision=2), b"i"),
    (
        PROGRESS,
        RemapProgressed(
            import_id="i", project_key="A", revision=2, total=1, done=1, changed=0, finished=True
        ),
        b"i",
    ),
    (PROGRESS, ImportStateChanged(import_id="i", state=State.PAUSED), b"i"),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "event", "key"), EVENTS, ids=lambda value: type(value).__name__)
def test_the_key_of_each_event(channel: Channel, event: Any, key: bytes) -> None:
    assert channel.key_of(event) == key
    assert type(event) in channel.models


def test_every_model_of_every_channel_is_covered_here() -> None:
    assert {model for channel in CHANNELS for model in channel.models} == {
        type(event) for _, event, _ in EVENTS
    }


def test_the_marker_follows_the_entities_of_its_project_and_of_no_other_site() -> None:
    key: Callable[[Any], bytes] = ENTITIES.key_of
    entity, marker = EVENTS[2][1], EVENTS[3][1]
    assert key(entity) == key(marker)
    assert key(marker) != key(marker.model_copy(update={"site": "other"}))
    assert key(marker) != key(marker.model_copy(update={"project_key": "B"}))


def test_each_channel_and_its_dead_letters_have_a_topic() -> None:
    defined = {topic.name for topic in read_topics()}
    for channel in CHANNELS:
        assert channel.dead_letter_topic == f"{channel.topic}.dlq"
        assert {channel.topic, channel.dead_letter_topic} <= defined
