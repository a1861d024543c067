"""The lists that issues pick from: statuses, priorities, resolutions, security levels, versions, labels, …"""

from services.loader.transform.fields import (
    Payload,
    flag,
    label_of,
    reference_to,
    text,
    who,
    whole,
)
from services.loader.transform.original import Original
from shared.contracts.events import EntityFetched
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import Document


def status(original: Original) -> Document:
    """Turn a status into a status; `category_key` is new, indeterminate, done or undefined."""
    payload = original.payload
    key = label_of(payload, "statusCategory", called="key")
    return {
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        "category_key": key,
        "category_name": label_of(payload, "statusCategory"),
        "category_color": label_of(payload, "statusCategory", called="colorName"),
        "is_completed": key == "done",
    }


def priority(original: Original) -> Document:
    """Turn a priority into a priority; `sort_order` is Jira's order, 0 for the most important one.

    It comes from the place in Jira's list: neither ids nor names tell it.
    """
    payload = original.payload
    return {
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        "color": text(payload, "statusColor"),
        "sort_order": whole(payload, "rank"),
    }


def named(original: Original) -> Document:
    """Keep what has a name and a description and nothing else: a resolution, a security level."""
    payload = original.payload
    return {"name": text(payload, "name"), "description": text(payload, "description")}


def milestone(original: Original) -> Document:
    """Turn a version into a milestone; its dates stay `YYYY-MM-DD`."""
    payload = original.payload
    return {
        "workspace_id": _workspace(original.entity, payload),
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        "start_date": text(payload, "startDate"),
        "target_date": text(payload, "releaseDate"),
        "is_released": flag(payload, "released"),
        "is_archived": flag(payload, "archived"),
    }


def component(original: Original) -> Document:
    """Turn a component into a label of its workspace."""
    payload = original.payload
    return {
        "workspace_id": _workspace(original.entity, payload),
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        **who(original.site, payload, "lead"),
    }


def label(original: Original) -> Document:
    """Turn a label into a label; Jira's labels belong to the whole site."""
    return {"workspace_id": None, "name": text(original.payload, "name") or original.entity.id}


def link_type(original: Original) -> Document:
    """Turn a link type into a link type: source —forward→ target."""
    payload = original.payload
    return {
        "name": text(payload, "name"),
        "forward_label": text(payload, "outward"),
        "reverse_label": text(payload, "inward"),
    }


def _workspace(entity: EntityFetched, payload: Payload) -> str:
    named = reference_to(entity.site, EntityKind.PROJECT, payload, "projectId")
    return named or entity_id(entity.site, EntityKind.PROJECT, entity.project_id)
