"""Topic, model and key rule of each channel, side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic: what travels on it, and which entity's order its key protects."""

    topic: str
    models: tuple[type, ...]
    key: Callable[[Any], str]
    description: str

    @property
    def dead_letter_topic(self) -> str:
        """Where records go that nobody could read, in their original bytes."""
        return f"{self.topic}.dlq"

    def key_of(self, event: Any) -> bytes:
        """Return the Kafka key of an event."""
        return self.key(event).encode()


IMPORT_REQUESTED = Channel(
    "jira.import.requested.v1",
    (ImportRequested,),
    lambda event: event.import_id,
    "An import was started; keyed by import.",
)
FETCH_TASK = Channel(
    "jira.fetch.task.v1",
    (FetchTask,),
    lambda event: event.task_id,
    "One short piece of fetching; keyed by task, so that tasks spread over all partitions.",
)
ENTITIES = Channel(
    "jira.entities.v1",
    (EntityFetched, ProjectFetched),
    lambda event: f"{event.site}:{event.project_key}",
    "Jira's things as Jira gave them, in order within a project; the marker is a project's last record.",
)
PROGRESS = Channel(
    "jira.import.progress.v1",
    (BatchLoaded, ProjectLoaded, ImportStateChanged, RemapProgressed),
    lambda event: event.import_id,
    "What the loader made durable; keyed by import.",
)

REMAP = Channel(
    "jira.import.remap.v1",
    (RemapRequested,),
    lambda event: event.import_id,
    "Apply another mapping to what an import brought, a page at each message; keyed by import.",
)

CHANNELS = (IMPORT_REQUESTED, FETCH_TASK, ENTITIES, PROGRESS, REMAP)
