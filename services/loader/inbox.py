"""Reading a batch of raw records: entities made into documents, markers, and what cannot be read."""

import asyncio
import json
import traceback
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from aiokafka import ConsumerRecord
from pydantic import ValidationError

from services.loader.transform import InvalidPayloadError, Note, Original, to_document
from services.loader.transform.context import Context
from services.loader.transform.original import Name
from shared.contracts.events import BlobRef, EntityFetched, ProjectFetched, entity_message
from shared.kinds import EntityKind
from shared.mongo import Document
from shared.poison import letter_about
from shared.sink import COLLECTION_OF, MAPPED
from shared.state.dead_letters import DeadLetter
from shared.state.findings import Finding

_TURN: Final = 16  # records, about a millisecond: each answer of the store waits for the end of one
PAYLOAD_LIMIT: Final = 100_000  # characters of a payload that a letter still carries


ContextOf = Callable[[str], Awaitable[Context | None]]


class Run(NamedTuple):
    """One project of one import, as it comes through one partition."""

    import_id: str
    project_key: str
    partition: int


@dataclass(slots=True)
class Loadable:
    """A document on its way into the store, with what its progress or its dead letter needs."""

    run: Run
    kind: EntityKind
    jira_id: str
    occurred_at: int  # milliseconds since the epoch
    document: Document
    collection: str  # where it goes
    notes: list[Note]
    original: Original | None  # of a document that wants names; None for all others, to be small
    issue_id: str | None = None
    content: BlobRef | None = None

    @property
    def id(self) -> str:
        """The document's `_id`."""
        identity: str = self.document["_id"]
        return identity


@dataclass(slots=True)
class Inbox:
    """What a batch holds, in order."""

    names: Mapping[Name, str]  # see Original
    records: int = 0  # of which it was made
    loadables: list[Loadable] = field(default_factory=list)
    claims: list[tuple[Run, EntityFetched]] = field(default_factory=list)  # their payload lies in a blob
    markers: list[ProjectFetched] = field(default_factory=list)
    unreadable: list[tuple[ConsumerRecord, str]] = field(default_factory=list)
    contexts: dict[str, Context] = field(default_factory=dict)  # by import
    cancelled: Counter[str] = field(default_factory=Counter)  # records by import, passed over
    letters: dict[Run, list[DeadLetter]] = field(default_factory=lambda: defaultdict(list))
    findings: list[Finding] = field(default_factory=list)
    spans: dict[Run, tuple[int, int]] = field(default_factory=dict)  # first and last offset


async def open_batch(
    records: Sequence[ConsumerRecord], context_of: ContextOf, names: Mapping[Name, str]
) -> Inbox:
    """Read and transform record by record, so that few payloads live longer than their own turn.

    Every now and then others have theirs: the store's answers for what was read before.
    """
    inbox = Inbox(names, len(records))
    for number, record in enumerate(records, 1):
        if number % _TURN == 0:
            await asyncio.sleep(0)
        try:
            message = entity_message(record.value or b"")
        except ValidationError as error:
            _set_aside(inbox, record, error)
            continue
        if message.import_id not in inbox.contexts and not await _is_wanted(
            inbox, message.import_id, context_of
        ):
            continue
        if isinstance(message, ProjectFetched):
            inbox.markers.append(message)
            continue
        run = Run(message.import_id, message.project_key, record.partition)
        _extend(inbox, run, record.offset)
        if message.payload is None and message.payload_blob is not None:
            inbox.claims.append((run, message))
        else:
            take(inbox, run, message, message.payload)
    return inbox


async def _is_wanted(inbox: Inbox, import_id: str, context_of: ContextOf) -> bool:
    """Tell whether records of an import that is new in a batch are loaded; it is asked about once."""
    if import_id in inbox.cancelled or (context := await context_of(import_id)) is None:
        inbox.cancelled[import_id] += 1
        return False
    inbox.contexts[import_id] = context
    return True


def take(inbox: Inbox, run: Run, entity: EntityFetched, payload: dict[str, Any] | None) -> None:
    """Transform one entity; one that cannot be transformed becomes a dead letter."""
    context = inbox.contexts[entity.import_id]
    try:
        if payload is None:
            raise InvalidPayloadError("The message carries neither a payload nor a reference to one")
        original = Original(entity, payload, context, inbox.names)
        document = to_document(original)
    except InvalidPayloadError as error:
        inbox.letters[run].append(letter_for(run, entity, error.code, str(error), payload=payload))
    except Exception as error:  # whatever it is, it concerns this entity and must not hold up the others
        inbox.letters[run].append(letter_for(run, entity, "transform_failed", raised(error), payload=payload))
    else:
        collection = MAPPED if document["_id"] in context.targets else COLLECTION_OF[entity.kind]
        inbox.loadables.append(
            Loadable(
                run,
                entity.kind,
                entity.id,
                entity.occurred_at,
                document,
                collection,
                original.notes,
                original if original.unknown else None,
                issue_of(entity, payload),
                entity.content,
            )
        )


def raised(error: Exception) -> str:
    """Say what was raised and where, and not its words: they may quote what is private."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(at.filename).name}, line {at.lineno}"


def issue_of(entity: EntityFetched, payload: dict[str, Any] | None) -> str | None:
    """Return the id of the issue that an entity is, or hangs on; None if that cannot be told."""
    if entity.kind is EntityKind.ISSUE:
        return entity.id
    issue = (payload or {}).get("issueId")
    return None if issue is None else str(issue)


def letter_for(
    run: Run, entity: EntityFetched, code: str, reason: str, *, payload: dict[str, Any] | None = None
) -> DeadLetter:
    """Return the dead letter of an entity, with what is needed to send it again."""
    return DeadLetter(
        import_id=run.import_id,
        project_key=run.project_key,
        kind=entity.kind,
        id=entity.id,
        issue_id=issue_of(entity, payload),
        stage="load",
        code=code,
        reason=reason,
        payload=None if entity.payload_blob else _small(payload),
        payload_blob=entity.payload_blob,
        updated=entity.updated,
        content=entity.content,
    )


def _small(payload: dict[str, Any] | None) -> str | None:
    if payload is None:
        return None
    try:
        written = orjson.dumps(payload).decode()
    except TypeError:  # nested too deeply for orjson, or a number beyond 64 bits
        written = json.dumps(payload)
    return written if len(written) < PAYLOAD_LIMIT else None


def _set_aside(inbox: Inbox, record: ConsumerRecord, error: ValidationError) -> None:
    """Note an unreadable record; with a letter where it still tells of which import it is."""
    first = error.errors(include_url=False, include_input=False)[0]
    reason = f"{'.'.join(str(part) for part in first['loc']) or 'message'}: {first['msg']}"
    inbox.unreadable.append((record, reason))
    if letter := letter_about(record, reason):
        run = Run(letter.import_id, letter.project_key, record.partition)
        _extend(inbox, run, record.offset)
        inbox.letters[run].append(letter)


def _extend(inbox: Inbox, run: Run, offset: int) -> None:
    first, _ = inbox.spans.get(run, (offset, offset))
    inbox.spans[run] = (first, offset)
