"""Streams attachments into the blob store, a few megabytes per task, and then announces them."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import httpx
import orjson

from services.fetcher.extract import attachment_entities
from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from shared import failpoints
from shared.blobs import SmallBlob, whole_chunks
from shared.contracts.events import BlobRef
from shared.ids import entity_id
from shared.jira.endpoints import CLOUD_ATTACHMENT, DC_ATTACHMENT, MYSELF
from shared.jira.errors import JiraCutShortError, JiraError, JiraLoginError, JiraUnavailableError
from shared.kinds import EntityKind, TaskKind
from shared.state.ledger import Task
from shared.together import together

Attachment = Mapping[str, Any]
Away = list[tuple[Attachment, JiraUnavailableError]]
MediaIds = dict[str, str]  # by the attachment's id: what the texts of Cloud call it

_PER_TASK: Final = 40
_BYTES_PER_TASK: Final = 8 * 2**20  # declared; keeps the task short and its memory small
_SMALL: Final = 128 * 2**10  # up to this many bytes are held in memory and stored together
_CHUNK: Final = 255 * 2**10
_MEDIA: Final = re.compile(r"/file/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
_STEPS: Final = re.compile(r"[/\\\x00]|\A\.{1,2}\Z")  # what would be a step in a path


def attachment_tasks(context: TaskContext, attachments: Sequence[Attachment]) -> list[Task]:
    """Cut attachments into tasks of a few megabytes each; a large one has a task of its own."""
    tasks: list[Task] = []
    group: list[Attachment] = []
    size = 0
    for attachment in attachments:
        if group and (len(group) == _PER_TASK or size + _size(attachment) > _BYTES_PER_TASK):
            tasks.append(_task(context, f"{len(tasks):03d}", group))
            group, size = [], 0
        group.append(attachment)
        size += _size(attachment)
    if group:
        tasks.append(_task(context, f"{len(tasks):03d}", group))
    return tasks


def _task(context: TaskContext, name: str, group: list[Attachment]) -> Task:
    root = context.task.spec.get("root", context.task.ordinal)
    # As JSON text: metadata of Jira may hold what a document's field names may not.
    spec = {"attachments": orjson.dumps(group).decode(), "root": root}
    return context.follow_up(TaskKind.ATTACHMENTS, f"{root}.{name}", spec)


def _size(attachment: Attachment) -> int:
    size = attachment.get("size")
    return size if isinstance(size, int) else 0


async def fetch_attachments(context: TaskContext) -> Outcome:
    """Store the bytes of each attachment that is not stored yet; the message carries the reference only."""
    group: list[Attachment] = orjson.loads(context.task.spec["attachments"])
    known = await context.blobs.known([_blob_id(context, a) for a in group])
    outcome = Outcome()
    absent = [a for a in group if not _is_known(context, a, known)]
    for blob_id in [_blob_id(context, a) for a in absent]:
        if known.pop(blob_id, None):
            await context.blobs.delete(blob_id)  # stored with another size: Jira's attachment was replaced
    away: Away = []
    media_ids: MediaIds = {}
    small = await together(
        *(_read_small(context, a, outcome, away, media_ids) for a in absent if _size(a) <= _SMALL)
    )
    known |= await context.blobs.put_small([blob for blob in small if blob is not None])
    for attachment in absent:
        if _size(attachment) > _SMALL:
            await _stream_large(context, attachment, outcome, known, away, media_ids)
    failpoints.reach("attachments.stored")
    if outcome.letters:
        await context.session.jira.get(MYSELF)  # raises for a dead credential: then these are no letters
    _leave_behind(context, away, outcome, all_of=absent)
    for attachment in group:
        if reference := known.get(_blob_id(context, attachment)):
            outcome.add(context.session.origin, attachment_entities(attachment, reference))
    return outcome


def _blob_id(context: TaskContext, attachment: Attachment) -> str:
    return entity_id(context.session.import_.site, EntityKind.ATTACHMENT, str(attachment["id"]))


def _is_known(context: TaskContext, attachment: Attachment, known: Mapping[str, BlobRef]) -> bool:
    reference = known.get(_blob_id(context, attachment))
    return reference is not None and reference.size == _size(attachment)


async def _read_small(
    context: TaskContext,
    attachment: Attachment,
    outcome: Outcome,
    away: Away,
    media_ids: MediaIds,
) -> SmallBlob | None:
    try:
        async for attempt in context.session.jira.retrying():
            with attempt:
                data = b"".join([chunk async for chunk in _bytes(context, attachment, media_ids)])
    except (JiraError, JiraCutShortError) as error:
        _refuse(context, attachment, error, outcome)
        return None
    except JiraUnavailableError as error:
        away.append((attachment, error))
        return None
    media_id = media_ids.get(str(attachment["id"]))
    return SmallBlob(_blob_id(context, attachment), data, _filename(attachment), media_id)


async def _stream_large(
    context: TaskContext,
    attachment: Attachment,
    outcome: Outcome,
    known: dict[str, BlobRef],
    away: Away,
    media_ids: MediaIds,
) -> None:
    """Store more of a large file, from where the last try or task ended; the rest is a task of its own."""
    blob_id = _blob_id(context, attachment)
    upload = await context.blobs.resume(blob_id, version=str(_size(attachment)))
    limit = whole_chunks(context.settings.download_bytes)
    end = upload.size + limit
    try:
        async for attempt in context.session.jira.retrying():
            with attempt:
                part = _bytes(context, attachment, media_ids, start=upload.size, end=end)
                await upload.append(part, at_most=max(1, end - upload.size))
    except (JiraError, JiraCutShortError) as error:
        _refuse(context, attachment, error, outcome)
        await upload.discard()
    except JiraUnavailableError as error:
        away.append((attachment, error))
    else:
        if upload.size < _size(attachment):
            name = f"{attachment['id']}-{upload.size // limit}"
            outcome.follow_ups.append(_task(context, name, [attachment]))
        else:
            media_id = media_ids.get(str(attachment["id"]))
            known[blob_id] = await upload.close(_filename(attachment), media_id=media_id)


def _leave_behind(
    context: TaskContext,
    away: Away,
    outcome: Outcome,
    *,
    all_of: Sequence[Attachment],
) -> None:
    """Give each file that Jira cannot read a task of its own; the whole task waits when it reads none."""
    if away and len(away) == len(all_of):
        raise away[0][1]
    for attachment, _ in away:
        outcome.follow_ups.append(_task(context, str(attachment["id"]), [attachment]))


def _refuse(
    context: TaskContext, attachment: Attachment, error: JiraError | JiraCutShortError, outcome: Outcome
) -> None:
    """Note an attachment that Jira does not give; a dead credential is everybody's trouble and goes on up."""
    if isinstance(error, JiraLoginError):
        raise error
    outcome.letters.append(
        context.letter(
            EntityKind.ATTACHMENT,
            str(attachment["id"]),
            issue_id=str(attachment["issueId"]),
            code="not_downloaded",
            reason=f"Attachment {_shown(attachment)} of issue {attachment['issueId']}: {error}",
            jira_message=error.jira_message,
            payload=orjson.dumps(attachment).decode(),
        )
    )


def _shown(attachment: Attachment) -> str:
    """Return how a report may call a file: not by its name where not everybody may read its issue."""
    is_restricted = attachment.get("issueRestrictions")
    return str(attachment["id"]) if is_restricted else repr(_filename(attachment))


def _filename(attachment: Attachment) -> str:
    return str(attachment.get("filename") or "file")


async def _bytes(
    context: TaskContext,
    attachment: Attachment,
    media_ids: MediaIds,
    *,
    start: int = 0,
    end: int | None = None,
) -> AsyncGenerator[bytes, None]:
    """Yield the content from `start` to `end`, or beyond that where Jira knows no ranges.

    Raises JiraCutShortError when it is cut, JiraError when it is not that. Where Cloud's media service gives
    it, its address there is kept in `media_ids`.
    """
    endpoint = CLOUD_ATTACHMENT if context.session.cloud else DC_ATTACHMENT
    path = {"attachment": str(attachment["id"])}
    if not context.session.cloud:
        path["filename"] = _STEPS.sub("_", _filename(attachment))  # Data Center goes by the id
    position, size = start, _size(attachment)
    stop = size if end is None else min(end, size)
    if start == 0 or start < size:
        headers = _range(start, stop, size)
        async with context.session.jira.download(endpoint, path, headers=headers) as response:
            _ensure_file(response, attachment, endpoint=str(endpoint))
            if called := _MEDIA.search(response.url.path):
                media_ids[str(attachment["id"])] = called[1]
            skipped = 0
            if response.status_code == HTTPStatus.OK:  # no ranges here: all of it
                skipped, stop = start, size
            async for chunk in response.aiter_bytes(_CHUNK):
                fresh = chunk[skipped:]
                skipped -= len(chunk) - len(fresh)
                position += len(fresh)
                if fresh:
                    yield fresh
    if position != stop:
        raise JiraCutShortError(
            f"{position} bytes of attachment {attachment['id']}, {stop} were announced",
            status=0,
            endpoint=str(endpoint),
        )


def _range(start: int, stop: int, size: int) -> dict[str, str] | None:
    """Ask for a part, so that nothing is sent in vain; of the last one, for all that there is."""
    if stop < size:
        return {"range": f"bytes={start}-{stop - 1}"}
    return {"range": f"bytes={start}-"} if start else None


def _ensure_file(response: httpx.Response, attachment: Attachment, *, endpoint: str) -> None:
    """A login page saved under the name of a picture is worse than no picture."""
    got = response.headers.get("content-type", "")
    if got.startswith("text/html") and "html" not in str(attachment.get("mimeType", "")):
        raise JiraError("an HTML page instead of the file", status=response.status_code, endpoint=endpoint)
