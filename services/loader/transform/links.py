"""Links between issues, and from issues to the world."""

from services.loader.transform.context import Context
from services.loader.transform.fields import Payload, flag, member, reference, reference_to, text
from shared.contracts.events import EntityFetched
from shared.kinds import EntityKind
from shared.mongo import Document


def item_link(entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a link into a link; it reads source —forward label of its type→ target."""
    site = entity.site
    return {
        "link_type_id": reference(site, EntityKind.LINK_TYPE, payload, "type"),
        "source_id": reference(site, EntityKind.ISSUE, payload, "source"),
        "target_id": reference(site, EntityKind.ISSUE, payload, "target"),
    }


def remote_link(entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a remote link into an external link of its item."""
    target = member(payload, "object") or {}
    application = member(payload, "application") or {}
    return {
        "item_id": reference_to(entity.site, EntityKind.ISSUE, payload, "issueId"),
        "global_id": text(payload, "globalId"),
        "relationship": text(payload, "relationship"),
        "url": text(target, "url"),
        "title": text(target, "title"),
        "summary": text(target, "summary"),
        "is_resolved": flag(member(target, "status") or {}, "resolved"),
        "application": text(application, "name") or text(application, "type"),
    }
