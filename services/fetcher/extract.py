"""Takes an issue apart: the issue itself, its embedded lists, and every reference object that it names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.fetcher.found import Found, things, to_iso, users
from services.fetcher.owner import Owner
from services.fetcher.publicity import is_untold
from shared.contracts.events import BlobRef
from shared.jira.entries import Json, embedded, objects, sift, truncated
from shared.jira.sprints import sprints_of
from shared.kinds import EntityKind

_USER_FIELDS = ("assignee", "reporter", "creator")
_OBJECT_FIELDS = {
    "status": EntityKind.STATUS,
    "priority": EntityKind.PRIORITY,
    "issuetype": EntityKind.ISSUE_TYPE,
    "resolution": EntityKind.RESOLUTION,
    "security": EntityKind.SECURITY_LEVEL,
}
_OBJECT_LISTS = {
    "fixVersions": EntityKind.VERSION,
    "versions": EntityKind.VERSION,
    "components": EntityKind.COMPONENT,
}


def explode(issue: Json) -> Iterator[Found]:
    """Yield the issue and all that it names, except embedded lists that are read apart (see `incomplete`)."""
    owner = Owner.of(issue)
    fields = issue.get("fields") or {}
    payload = _without_lists(issue, owner)
    yield Found(EntityKind.ISSUE, owner.id, payload, updated=fields.get("updated"), issue=owner.id)
    yield from _references(fields)
    for link in objects(fields.get("issuelinks")):
        yield from _link(issue, link)
    for history in embedded_histories(issue):
        yield from history_entities(owner.id, history)
    if not incomplete(fields, "comment"):
        for comment in embedded(fields, "comment"):
            yield from comment_entities(owner, comment)
    if not incomplete(fields, "worklog"):
        for worklog in embedded(fields, "worklog"):
            yield from worklog_entities(owner, worklog)


def incomplete(fields: Json, field: str) -> bool:
    """Tell whether the comments (worklogs) inside an issue are too few, or say too little of themselves."""
    return truncated(fields, field) or (field == "comment" and is_untold(fields))


def embedded_histories(issue: Json) -> Sequence[Json]:
    """Return the changes that came with an issue: all of them on Data Center, where they were asked for."""
    page = issue.get("changelog")
    return objects(page.get("histories")) if isinstance(page, Mapping) else ()


def unreadable(issue: Json) -> Iterator[tuple[EntityKind, int]]:
    """Yield how many things of a kind inside an issue say too little of themselves to be kept."""
    fields = issue.get("fields") or {}
    if (files := fields.get("attachment")) is not None:
        yield EntityKind.ATTACHMENT, sift(files)[1]
    if (links := fields.get("issuelinks")) is not None:
        good, bad = sift(links)
        yield EntityKind.LINK, bad + sum(not any(True for _ in _link(issue, link)) for link in good)


def attachments(issue: Json) -> list[dict[str, Any]]:
    """Return the attachments' metadata, each with the id of its issue."""
    owner = Owner.of(issue)
    found = objects((issue.get("fields") or {}).get("attachment"))
    return [owner.part(attachment) for attachment in found if attachment.get("id")]


def comment_entities(owner: Owner, comment: Json) -> Iterator[Found]:
    """Yield a comment and its authors."""
    payload = owner.entry(comment, comment.get("body"))
    yield Found(EntityKind.COMMENT, str(comment["id"]), payload, updated=comment.get("updated"))
    yield from users(comment.get("author"), comment.get("updateAuthor"))


def worklog_entities(owner: Owner, worklog: Json) -> Iterator[Found]:
    """Yield a worklog and its authors."""
    payload = owner.entry(worklog, worklog.get("comment"))
    yield Found(EntityKind.WORKLOG, str(worklog["id"]), payload, updated=worklog.get("updated"))
    yield from users(worklog.get("author"), worklog.get("updateAuthor"))


def history_entities(issue_id: str, history: Json) -> Iterator[Found]:
    """Yield one change (what somebody did to an issue at one moment) and its author."""
    created = to_iso(history.get("created"))
    payload = {**history, "issueId": issue_id, "created": created}
    yield Found(EntityKind.HISTORY, str(history["id"]), payload, updated=created)
    yield from users(history.get("author"))


def attachment_entities(attachment: Json, content: BlobRef | None) -> Iterator[Found]:
    """Yield an attachment, with where its bytes are stored, and its author."""
    yield Found(
        EntityKind.ATTACHMENT,
        str(attachment["id"]),
        attachment,
        updated=attachment.get("created"),
        content=content,
    )
    yield from users(attachment.get("author"))


def _without_lists(issue: Json, owner: Owner) -> dict[str, Any]:
    """Leave out what travels by itself; of files, name and id stay, for the texts that name them."""
    fields = issue.get("fields") or {}
    kept = {name: value for name, value in fields.items() if name not in ("comment", "worklog", "attachment")}
    if owner.files:
        kept["attachment"] = owner.files
    return {**{name: value for name, value in issue.items() if name != "changelog"}, "fields": kept}


def _references(fields: Json) -> Iterator[Found]:
    yield from users(*(fields.get(name) for name in _USER_FIELDS))
    for name, kind in _OBJECT_FIELDS.items():
        yield from things(kind, [fields.get(name)])
    for name, kind in _OBJECT_LISTS.items():
        yield from things(kind, fields.get(name))
    for name, value in fields.items():
        if value and name.startswith("customfield_"):
            yield from _in_custom_field(value)
    for label in fields.get("labels") or ():
        if isinstance(label, str):
            yield Found(EntityKind.LABEL, label, {"name": label})


def _in_custom_field(value: Any) -> Iterator[Found]:
    """Yield users and sprints, by their shape: which field holds them differs from site to site."""
    held = objects(value if isinstance(value, list) else [value])
    yield from users(*(one for one in held if "displayName" in one))
    for sprint in sprints_of(value):
        yield Found(EntityKind.SPRINT, str(sprint["id"]), sprint)


def _link(issue: Json, link: Json) -> Iterator[Found]:
    """Both ends carry the same link; normalised, they give the same entity."""
    here = _end(issue)
    outward, inward = link.get("outwardIssue"), link.get("inwardIssue")
    other = outward if isinstance(outward, Mapping) else inward
    kind = link.get("type")
    if not (isinstance(other, Mapping) and isinstance(kind, Mapping) and other.get("id") and link.get("id")):
        return
    there = _end(other)
    source, target = (here, there) if other is outward else (there, here)
    if kind.get("id"):
        yield Found(EntityKind.LINK_TYPE, str(kind["id"]), kind)
    payload = {"id": str(link["id"]), "type": kind, "source": source, "target": target}
    yield Found(EntityKind.LINK, str(link["id"]), payload, issue=str(issue["id"]))


def _end(issue: Json) -> dict[str, Any]:
    """Return an issue as its links name it: all there is to show of one that is not imported."""
    summary = (issue.get("fields") or {}).get("summary")
    return {"id": str(issue["id"]), "key": issue.get("key"), "summary": summary}
