"""The lists that issues pick from: statuses, priorities, resolutions, security levels, versions, labels, …"""

from services.loader.transform.context import Context
from services.loader.transform.fields import (
    Payload,
    flag,
    label_of,
    person,
    reference_to,
    text,
)
from shared.contracts.events import EntityFetched
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import Document


def status(_entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a status into a status; `category_key` is new, indeterminate, done or undefined."""
    return {
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        "category_key": label_of(payload, "statusCategory", called="key"),
        "category_name": label_of(payload, "statusCategory"),
    }


def priority(_entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a priority into a priority."""
    return {
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        "color": text(payload, "statusColor"),
    }


def named(_entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Keep what has a name and a description and nothing else: a resolution, a security level."""
    return {"name": text(payload, "name"), "description": text(payload, "description")}


def milestone(entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a version into a milestone; its dates stay `YYYY-MM-DD`."""
    return {
        "workspace_id": _workspace(entity, payload),
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        "start_date": text(payload, "startDate"),
        "target_date": text(payload, "releaseDate"),
        "is_released": flag(payload, "released"),
        "is_archived": flag(payload, "archived"),
    }


def component(entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a component into a label of its workspace."""
    return {
        "workspace_id": _workspace(entity, payload),
        "name": text(payload, "name"),
        "description": text(payload, "description"),
        "lead_id": person(entity.site, payload, "lead"),
    }


def label(entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a label into a label; Jira's labels belong to the whole site."""
    return {"workspace_id": None, "name": text(payload, "name") or entity.id}


def link_type(_entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a link type into a link type: source —forward→ target."""
    return {
        "name": text(payload, "name"),
        "forward_label": text(payload, "outward"),
        "reverse_label": text(payload, "inward"),
    }


def _workspace(entity: EntityFetched, payload: Payload) -> str:
    named = reference_to(entity.site, EntityKind.PROJECT, payload, "projectId")
    return named or entity_id(entity.site, EntityKind.PROJECT, entity.project_id)
