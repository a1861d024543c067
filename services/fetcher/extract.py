"""Takes an issue apart: the issue itself, its embedded lists, and every reference object that it names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any, NamedTuple

from shared.contracts.events import BlobRef, EntityFetched
from shared.ids import user_id
from shared.kinds import EntityKind

Json = Mapping[str, Any]

_EMBEDDED_LISTS = {"comment": "comments", "worklog": "worklogs"}
_USER_FIELDS = ("assignee", "reporter", "creator")
_OBJECT_FIELDS = {
    "status": EntityKind.STATUS,
    "priority": EntityKind.PRIORITY,
    "issuetype": EntityKind.ISSUE_TYPE,
}
_OBJECT_LISTS = {
    "fixVersions": EntityKind.VERSION,
    "versions": EntityKind.VERSION,
    "components": EntityKind.COMPONENT,
}


class Found(NamedTuple):
    """One Jira object among what an answer holds; most are found many times, and become one entity."""

    kind: EntityKind
    id: str
    payload: Json
    updated: str | None = None
    content: BlobRef | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Which run found an entity; the envelope that all entities of a task share."""

    import_id: str
    site: str
    project_id: str
    project_key: str

    def entity(self, found: Found) -> EntityFetched:
        """Wrap one Jira object. Built without validation: every member comes from this module."""
        return EntityFetched.model_construct(
            type="entity",
            schema_version=1,
            import_id=self.import_id,
            site=self.site,
            project_id=self.project_id,
            project_key=self.project_key,
            kind=found.kind,
            id=found.id,
            updated=to_millis(found.updated),
            occurred_at=int(time() * 1000),
            payload=dict(found.payload),
            payload_blob=None,
            content=found.content,
        )


def to_millis(moment: str | None) -> int | None:
    """Read Jira's `2015-12-02T07:39:15.000-0800`; None for what is no time (the loader names such fields)."""
    if not isinstance(moment, str):
        return None
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return None
    # Without an offset it must not mean the zone of this machine.
    return round((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)


def explode(issue: Json) -> Iterator[Found]:
    """Yield the issue and all that it names, except embedded lists that Jira truncated (see `truncated`)."""
    issue_id = str(issue["id"])
    fields = issue.get("fields") or {}
    yield Found(EntityKind.ISSUE, issue_id, _without_lists(issue), updated=fields.get("updated"))
    yield from _references(fields)
    for link in _objects(fields.get("issuelinks")):
        yield from _link(issue, link)
    if not truncated(fields, "comment"):
        for comment in embedded(fields, "comment"):
            yield from comment_entities(issue_id, comment)
    if not truncated(fields, "worklog"):
        for worklog in embedded(fields, "worklog"):
            yield from worklog_entities(issue_id, worklog)


def embedded(fields: Json, field: str) -> Sequence[Json]:
    """Return the comments or worklogs that came inside an issue."""
    page = fields.get(field)
    return _objects(page.get(_EMBEDDED_LISTS[field])) if isinstance(page, Mapping) else ()


def truncated(fields: Json, field: str) -> bool:
    """Tell whether Jira holds more comments (worklogs) of an issue than it embedded."""
    page = fields.get(field)
    if not isinstance(page, Mapping):
        return False
    total = page.get("total")
    return isinstance(total, int) and total > len(embedded(fields, field))


def attachments(issue: Json) -> list[dict[str, Any]]:
    """Return the attachments' metadata, each with the id of its issue."""
    found = _objects((issue.get("fields") or {}).get("attachment"))
    return [{**attachment, "issueId": str(issue["id"])} for attachment in found if attachment.get("id")]


def comment_entities(issue_id: str, comment: Json) -> Iterator[Found]:
    """Yield a comment and its authors."""
    payload = {**comment, "issueId": issue_id}
    yield Found(EntityKind.COMMENT, str(comment["id"]), payload, updated=comment.get("updated"))
    yield from _users(comment.get("author"), comment.get("updateAuthor"))


def worklog_entities(issue_id: str, worklog: Json) -> Iterator[Found]:
    """Yield a worklog and its authors."""
    payload = {**worklog, "issueId": issue_id}
    yield Found(EntityKind.WORKLOG, str(worklog["id"]), payload, updated=worklog.get("updated"))
    yield from _users(worklog.get("author"), worklog.get("updateAuthor"))


def attachment_entities(attachment: Json, content: BlobRef) -> Iterator[Found]:
    """Yield an attachment, whose bytes are stored, and its author."""
    yield Found(
        EntityKind.ATTACHMENT,
        str(attachment["id"]),
        attachment,
        updated=attachment.get("created"),
        content=content,
    )
    yield from _users(attachment.get("author"))


def _without_lists(issue: Json) -> dict[str, Any]:
    fields = issue.get("fields") or {}
    kept = {name: value for name, value in fields.items() if name not in ("comment", "worklog", "attachment")}
    return {**issue, "fields": kept}


def _references(fields: Json) -> Iterator[Found]:
    yield from _users(*(fields.get(name) for name in _USER_FIELDS))
    for name, kind in _OBJECT_FIELDS.items():
        if isinstance(found := fields.get(name), Mapping) and found.get("id"):
            yield Found(kind, str(found["id"]), found)
    for name, kind in _OBJECT_LISTS.items():
        for found in _objects(fields.get(name)):
            if found.get("id"):
                yield Found(kind, str(found["id"]), found)
    for label in fields.get("labels") or ():
        if isinstance(label, str):
            yield Found(EntityKind.LABEL, label, {"name": label})


def _link(issue: Json, link: Json) -> Iterator[Found]:
    """Both ends carry the same link; normalised, they give the same entity."""
    here = {"id": str(issue["id"]), "key": issue.get("key")}
    outward, inward = link.get("outwardIssue"), link.get("inwardIssue")
    other = outward if isinstance(outward, Mapping) else inward
    kind = link.get("type")
    if not (isinstance(other, Mapping) and isinstance(kind, Mapping) and other.get("id") and link.get("id")):
        return
    there = {"id": str(other["id"]), "key": other.get("key")}
    source, target = (here, there) if other is outward else (there, here)
    if kind.get("id"):
        yield Found(EntityKind.LINK_TYPE, str(kind["id"]), kind)
    payload = {"id": str(link["id"]), "type": kind, "source": source, "target": target}
    yield Found(EntityKind.LINK, str(link["id"]), payload)


def _users(*users: Any) -> Iterator[Found]:
    for user in users:
        if (id_ := user_id(user)) is not None:
            yield Found(EntityKind.USER, id_, user)


def _objects(value: Any) -> Sequence[Json]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else ()
