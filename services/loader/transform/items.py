"""Issues: Windshift's items."""

from datetime import date

from services.loader.transform.agile import EPIC, STANDARD, SUB_TASK, epic_key, hierarchy_level, planned
from services.loader.transform.bodies import body_context
from services.loader.transform.custom_fields import custom_fields
from services.loader.transform.fields import (
    Payload,
    flag,
    label_of,
    markdown,
    member,
    members,
    moment,
    reference,
    reference_to,
    references,
    text,
    texts,
    who,
    whole,
)
from services.loader.transform.original import Original
from services.loader.transform.privacy import issue_privacy
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import Document
from shared.state.findings import FindingCode


def item(original: Original) -> Document:
    """Turn an issue into an item; a missing summary falls back to the key."""
    payload = original.payload
    site = original.site
    fields = member(payload, "fields") or {}
    key = text(payload, "key")
    labels = texts(fields, "labels")
    bodies = body_context(original, members(fields, "attachment") or None)
    return {
        "jira_key": key,
        "workspace_id": reference(site, EntityKind.PROJECT, fields, "project")
        or entity_id(site, EntityKind.PROJECT, original.entity.project_id),
        "title": text(fields, "summary") or key or original.entity.id,
        "description": markdown(fields, "description", bodies),
        "environment": markdown(fields, "environment", bodies),
        "item_type_id": reference(site, EntityKind.ISSUE_TYPE, fields, "issuetype"),
        "status_id": reference(site, EntityKind.STATUS, fields, "status"),
        "priority_id": reference(site, EntityKind.PRIORITY, fields, "priority"),
        "resolution_id": reference(site, EntityKind.RESOLUTION, fields, "resolution"),
        "resolution": label_of(fields, "resolution"),
        "security_level_id": _security_level(site, fields),
        **issue_privacy(original, fields),
        **who(site, fields, "assignee"),
        **who(site, fields, "reporter"),
        **who(site, fields, "creator"),
        **_parent(original, fields),
        "hierarchy_level": hierarchy_level(original, fields),
        "milestone_ids": references(site, EntityKind.VERSION, fields, "fixVersions"),
        "affected_milestone_ids": references(site, EntityKind.VERSION, fields, "versions"),
        "component_ids": references(site, EntityKind.COMPONENT, fields, "components"),
        "labels": labels,
        "label_ids": [entity_id(site, EntityKind.LABEL, label) for label in labels],
        "created_at": moment(fields, "created"),
        "updated_at": moment(fields, "updated"),
        "resolved_at": moment(fields, "resolutiondate"),
        "due_date": _due(original, fields),
        **_efforts(fields),
        "votes": _count(fields, "votes", "votes"),
        "watches": _count(fields, "watches", "watchCount"),
        **planned(original, fields),
        **custom_fields(original, fields, bodies),
    }


def _due(original: Original, fields: Payload) -> str | None:
    day = text(fields, "duedate")
    try:
        return day and date.fromisoformat(day).isoformat()
    except ValueError:
        original.note(FindingCode.VALUE_KEPT_RAW, f"duedate: {day!r} is no day")
        return None


def _security_level(site: str, fields: Payload) -> str | None:
    """Return the security level; one that cannot be read makes the item private, and holds up nothing."""
    level = fields.get("security")
    return reference(site, EntityKind.SECURITY_LEVEL, fields, "security") if isinstance(level, dict) else None


def _parent(original: Original, fields: Payload) -> Document:
    """Return the parent: that of a sub-task or, on Cloud, of anything; else the epic, by id or by key.

    Agile answers of Data Center embed the epic; its issues only have the epic's key in a custom field.
    """
    epic = fields.get("epic")  # an app may have a field of that name
    above = member(fields, "parent") or (epic if isinstance(epic, dict) else {})
    if (id_ := reference_to(original.site, EntityKind.ISSUE, above, "id")) is not None:
        return {"parent_id": id_, "parent_key": text(above, "key")}
    key = epic_key(original, fields)
    return {"parent_id": original.item(key) if key else None, "parent_key": key}


def _efforts(fields: Payload) -> Document:
    """Return the estimates in seconds; a site may show them in one place, in both or not at all."""
    tracking = member(fields, "timetracking") or {}
    efforts = {
        "original_estimate_seconds": ("timeoriginalestimate", "originalEstimateSeconds"),
        "remaining_estimate_seconds": ("timeestimate", "remainingEstimateSeconds"),
        "spent_seconds": ("timespent", "timeSpentSeconds"),
    }
    found: Document = {}
    for name, (field, tracked) in efforts.items():
        seconds = whole(fields, field)
        found[name] = whole(tracking, tracked) if seconds is None else seconds
    return found


def _count(fields: Payload, name: str, count: str) -> int | None:
    counted = member(fields, name)
    return whole(counted, count) if counted else None


def item_type(original: Original) -> Document:
    """Turn an issue type into an item type; sub-tasks have `hierarchy_level` -1, epics 1.

    Data Center has no levels: its epics are told by their picture, or a name that nobody translated.
    """
    payload = original.payload
    level = whole(payload, "hierarchyLevel")
    is_subtask = flag(payload, "subtask")
    return {
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        "is_subtask": is_subtask,
        "hierarchy_level": _level(payload, is_subtask=is_subtask) if level is None else level,
    }


def _level(payload: Payload, *, is_subtask: bool | None) -> int:
    if is_subtask:
        return SUB_TASK
    looks_like_an_epic = payload.get("name") == "Epic" or "epic" in (text(payload, "iconUrl") or "")
    return EPIC if looks_like_an_epic else STANDARD
