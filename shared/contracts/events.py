"""Event models. Producers forbid unknown members; readers ignore what a newer producer adds."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID, uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from shared.kinds import EntityKind, State, TaskKind


def _now() -> datetime:
    return datetime.now(UTC)


class Event(BaseModel):
    """The envelope: every event says which import it belongs to and when it was made (UTC)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = 1
    event_id: UUID = Field(default_factory=uuid4)
    occurred_at: datetime = Field(default_factory=_now)
    import_id: str


class ImportRequested(Event):
    """An admin started an import; all else about it stands in the state database."""

    type: Literal["import_requested"] = "import_requested"
    site: str
    connection_id: str
    project_keys: tuple[str, ...]


class FetchTask(Event):
    """Do one short piece of fetching; what exactly stands in the task ledger under `task_id`.

    The site is there so that tasks of different sites can be kept apart before any of them is looked up.
    """

    type: Literal["fetch_task"] = "fetch_task"
    site: str = ""  # of an older producer: not known
    task_id: str
    project_key: str
    kind: TaskKind
    attempt: int = 1


class BlobRef(BaseModel):
    """Claim check: bytes in the bucket `attachments` (design, rule 8)."""

    model_config = ConfigDict(frozen=True)

    blob_id: str
    size: int
    sha256: str
    # What Cloud's texts call an attachment, instead of by its id. Not sent where there is none.
    media_id: str | None = Field(default=None, exclude_if=lambda id_: id_ is None)


class EntityFetched(BaseModel):
    """One Jira thing as Jira gave it. Lean on purpose: some hundred thousand of these travel per import.

    `updated` is in milliseconds since the epoch, None where Jira keeps no such time. `payload` is None when
    the JSON was too large for a message and lies in the blob store instead (`payload_blob`).
    `content` is the blob of an attachment's bytes.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["entity"] = "entity"
    schema_version: Literal[1] = 1
    import_id: str
    site: str
    project_id: str
    project_key: str
    kind: EntityKind
    id: str
    updated: int | None = None
    occurred_at: int  # milliseconds since the epoch
    payload: dict[str, Any] | None = None
    payload_blob: BlobRef | None = None
    content: BlobRef | None = None

    _dumps: ClassVar = staticmethod(orjson.dumps)

    def to_bytes(self) -> bytes:
        """Serialize without walking the payload in Python (a tenth of `model_dump_json`'s time)."""
        fields = self.__dict__
        if self.payload_blob is not None or self.content is not None:
            fields = {k: v.model_dump() if isinstance(v, BaseModel) else v for k, v in fields.items()}
        return orjson.dumps(fields)


class ProjectFetched(Event):
    """Marker behind the last entity of a project: no task of it is pending any more.

    `retry` counts how often what had failed was tried again; 0 is the import itself.
    """

    type: Literal["project_fetched"] = "project_fetched"
    site: str
    project_id: str
    project_key: str
    retry: int = 0


class BatchLoaded(Event):
    """A batch of one project's entities is durable. Offsets make a replay of the event recognisable."""

    type: Literal["batch_loaded"] = "batch_loaded"
    project_key: str
    partition: int
    first_offset: int
    last_offset: int
    loaded: dict[EntityKind, int]
    written: int
    dead_lettered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KindAccount:
    """What became of one kind: counts of id sets, never sums of events.

    A dataclass, a tenth of a model: thousands of projects have twenty of these each.
    """

    jira: int
    windshift: int
    missing: int
    dead_lettered: int
    # Of those in Windshift: something stands for them that was there before. Not sent where there is none.
    mapped: int = Field(default=0, exclude_if=lambda count: count == 0)
    # Known before, by an earlier import or earlier in this one, and not in Jira any more, or hidden by now.
    gone: int = Field(default=0, exclude_if=lambda count: count == 0)
    # By an import that is no dry run.
    to_create: int = Field(default=0, exclude_if=lambda count: count == 0)


class ProjectLoaded(Event):
    """The loader reached the marker: everything before it is stored or dead-lettered, and was counted."""

    type: Literal["project_loaded"] = "project_loaded"
    project_key: str
    retry: int = 0  # the marker's
    kinds: dict[EntityKind, KindAccount]


class ImportStateChanged(Event):
    """The fetcher changed the state of an import (paused by a dead credential, failed as a whole)."""

    type: Literal["import_state_changed"] = "import_state_changed"
    state: State
    reason: str | None = None


class RemapRequested(Event):
    """Apply the plan of this revision to one project of an import; how far that is stands in the store."""

    type: Literal["remap_requested"] = "remap_requested"
    project_key: str
    revision: int


class RemapProgressed(Event):
    """How far another mapping has been applied to a project: of its issues; and documents that changed."""

    type: Literal["remap_progressed"] = "remap_progressed"
    project_key: str
    revision: int
    total: int
    done: int
    changed: int
    finished: bool


EntityMessage = Annotated[EntityFetched | ProjectFetched, Field(discriminator="type")]
ProgressEvent = Annotated[
    BatchLoaded | ProjectLoaded | ImportStateChanged | RemapProgressed, Field(discriminator="type")
]

_ENTITY_MESSAGE: TypeAdapter[EntityFetched | ProjectFetched] = TypeAdapter(EntityMessage)
PROGRESS_EVENT: TypeAdapter[BatchLoaded | ProjectLoaded | ImportStateChanged | RemapProgressed] = TypeAdapter(
    ProgressEvent
)


def entity_message(body: bytes) -> EntityFetched | ProjectFetched:
    """Read a message of the entities' topic; ValidationError says what is wrong with it.

    Nearly all of it is payload, which orjson reads in half the time of pydantic's own parser; that one has
    the words for what is no JSON.
    """
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _ENTITY_MESSAGE.validate_json(body)
    return _ENTITY_MESSAGE.validate_python(read)
