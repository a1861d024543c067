"""Issues: Windshift's items."""

from services.loader.transform.custom_fields import custom_fields, planned
from services.loader.transform.fields import (
    Payload,
    flag,
    label_of,
    markdown,
    member,
    moment,
    person,
    reference,
    references,
    text,
    texts,
    whole,
)
from services.loader.transform.original import Original
from services.loader.transform.privacy import issue_privacy
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import Document


def item(original: Original) -> Document:
    """Turn an issue into an item; a missing summary falls back to the key."""
    payload = original.payload
    site = original.site
    fields = member(payload, "fields") or {}
    key = text(payload, "key")
    labels = texts(fields, "labels")
    return {
        "jira_key": key,
        "workspace_id": reference(site, EntityKind.PROJECT, fields, "project")
        or entity_id(site, EntityKind.PROJECT, original.entity.project_id),
        "title": text(fields, "summary") or key or original.entity.id,
        "description": markdown(fields, "description"),
        "environment": markdown(fields, "environment"),
        "item_type_id": reference(site, EntityKind.ISSUE_TYPE, fields, "issuetype"),
        "status_id": reference(site, EntityKind.STATUS, fields, "status"),
        "priority_id": reference(site, EntityKind.PRIORITY, fields, "priority"),
        "resolution_id": reference(site, EntityKind.RESOLUTION, fields, "resolution"),
        "resolution": label_of(fields, "resolution"),
        "security_level_id": _security_level(site, fields),
        **issue_privacy(original, fields),
        "assignee_id": person(site, fields, "assignee"),
        "reporter_id": person(site, fields, "reporter"),
        "creator_id": person(site, fields, "creator"),
        "parent_id": _parent(site, fields),
        "milestone_ids": references(site, EntityKind.VERSION, fields, "fixVersions"),
        "affected_milestone_ids": references(site, EntityKind.VERSION, fields, "versions"),
        "component_ids": references(site, EntityKind.COMPONENT, fields, "components"),
        "labels": labels,
        "label_ids": [entity_id(site, EntityKind.LABEL, label) for label in labels],
        "created_at": moment(fields, "created"),
        "updated_at": moment(fields, "updated"),
        "resolved_at": moment(fields, "resolutiondate"),
        "due_date": text(fields, "duedate"),
        **_efforts(fields),
        "votes": _count(fields, "votes", "votes"),
        "watches": _count(fields, "watches", "watchCount"),
        **planned(original, fields),
        "custom_fields": custom_fields(original, fields),
    }


def _security_level(site: str, fields: Payload) -> str | None:
    """Return the security level; one that cannot be read makes the item private, and holds up nothing."""
    level = fields.get("security")
    return reference(site, EntityKind.SECURITY_LEVEL, fields, "security") if isinstance(level, dict) else None


def _parent(site: str, fields: Payload) -> str | None:
    """Return the parent: of a sub-task or under an epic (Cloud), else an embedded epic (Data Center)."""
    parent = reference(site, EntityKind.ISSUE, fields, "parent")
    if parent is None and isinstance(fields.get("epic"), dict):
        return reference(site, EntityKind.ISSUE, fields, "epic")
    return parent


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
    """Turn an issue type into an item type; `hierarchy_level` (sub-task -1, epic 1) is Cloud's only."""
    payload = original.payload
    return {
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        "is_subtask": flag(payload, "subtask"),
        "hierarchy_level": whole(payload, "hierarchyLevel"),
    }
