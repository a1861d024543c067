"""Publishes what a task found; large payloads go to the blob store first."""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from sys import intern
from typing import Final

import orjson
from faststream.kafka import KafkaBroker

from shared.blobs import Blobs
from shared.contracts.channels import ENTITIES, FETCH_TASK, PROGRESS
from shared.contracts.events import EntityFetched, FetchTask, ImportStateChanged, ProjectFetched
from shared.ids import entity_id
from shared.kafka import publish_all
from shared.kinds import OF_AN_ISSUE, EntityKind, WaitingFor
from shared.metrics import Metrics
from shared.orphans import payload_blob_id
from shared.state.imports import ProjectRun
from shared.state.ledger import Task
from shared.stream import Stream

_CLAIM_CHECK_BYTES: Final = 900_000  # below the broker's 1 MiB, with room for the envelope
_REMEMBERED: Final = 20_000
# What belongs to one issue is published as it is found; what hundreds of issues name, once by a process,
# and once more when it is found with more members, or in a retry.
_SHARED_KINDS: Final = frozenset(EntityKind) - OF_AN_ISSUE - {EntityKind.PROJECT}


class Outbox:
    """Everything a fetcher sends; each method returns after the broker has acknowledged all of it."""

    def __init__(self, broker: KafkaBroker, stream: Stream, blobs: Blobs, metrics: Metrics) -> None:
        self._broker = broker
        self._stream = stream
        self._blobs = blobs
        self._metrics = metrics
        self._published: OrderedDict[tuple[str, int, EntityKind, str], int] = OrderedDict()

    async def entities(self, run: ProjectRun, entities: Sequence[EntityFetched]) -> None:
        """Publish entities in their order, on their project's key."""
        fresh = [entity for entity in entities if self._says_more(run, entity)]
        messages = [await self._message(entity) for entity in fresh]
        with self._metrics.waits.on(WaitingFor.BROKER):
            await self._stream.send(ENTITIES, ENTITIES.key_of(run), messages)
        self._remember(run, fresh)
        for kind, count in Counter(entity.kind for entity in fresh).items():
            self._metrics.entities_fetched.labels(kind).inc(count)

    async def tasks(self, tasks: Sequence[Task], *, attempt: int = 1) -> None:
        """Publish tasks, each on its own key."""
        events = [
            FetchTask(
                import_id=task.import_id,
                site=task.site,
                task_id=task.id,
                project_key=task.project_key,
                kind=task.kind,
                attempt=attempt,
            )
            for task in tasks
        ]
        messages = [(FETCH_TASK.key_of(event), event.model_dump_json().encode()) for event in events]
        with self._metrics.waits.on(WaitingFor.BROKER):
            await publish_all(self._broker, FETCH_TASK, messages)

    async def marker(self, run: ProjectRun) -> None:
        """Publish the marker behind the last entity of a project."""
        event = ProjectFetched(
            import_id=run.import_id,
            site=run.site,
            project_id=run.project_id,
            project_key=run.project_key,
            retry=run.retries,
        )
        await self._stream.send(ENTITIES, ENTITIES.key_of(event), [event.model_dump_json().encode()])

    async def state_changed(self, event: ImportStateChanged) -> None:
        """Tell the connector that the import's state changed."""
        await publish_all(
            self._broker, PROGRESS, [(PROGRESS.key_of(event), event.model_dump_json().encode())]
        )

    async def _message(self, entity: EntityFetched) -> bytes:
        message = entity.to_bytes()
        if len(message) <= _CLAIM_CHECK_BYTES:
            return message
        del message  # megabytes, and the payload follows
        blob_id = payload_blob_id(entity_id(entity.site, entity.kind, entity.id), entity.import_id)
        reference = await self._blobs.put(blob_id, orjson.dumps(entity.payload), filename=f"{entity.id}.json")
        return entity.model_copy(update={"payload": None, "payload_blob": reference}).to_bytes()

    def _says_more(self, run: ProjectRun, entity: EntityFetched) -> bool:
        """Tell whether more of a thing is known than was published of it: Jira shows it in several sizes."""
        return len(entity.payload or ()) > self._published.get(_memory_key(run, entity), -1)

    def _remember(self, run: ProjectRun, entities: Sequence[EntityFetched]) -> None:
        for entity in entities:
            if entity.kind in _SHARED_KINDS:
                self._published[_memory_key(run, entity)] = len(entity.payload or ())
        while len(self._published) > _REMEMBERED:
            self._published.popitem(last=False)


def _memory_key(run: ProjectRun, entity: EntityFetched) -> tuple[str, int, EntityKind, str]:
    return intern(run.id), run.retries, entity.kind, entity.id  # made anew each time, and kept often
