"""Links between issues, and from issues to the world."""

from services.loader.transform.fields import flag, member, reference, reference_to, text
from services.loader.transform.original import Original
from shared.kinds import EntityKind
from shared.mongo import Document


def item_link(original: Original) -> Document:
    """Turn a link into a link; it reads source —forward label of its type→ target."""
    payload = original.payload
    site = original.site
    return {
        "link_type_id": reference(site, EntityKind.LINK_TYPE, payload, "type"),
        "source_id": reference(site, EntityKind.ISSUE, payload, "source"),
        "target_id": reference(site, EntityKind.ISSUE, payload, "target"),
    }


def remote_link(original: Original) -> Document:
    """Turn a remote link into an external link of its item."""
    payload = original.payload
    target = member(payload, "object") or {}
    application = member(payload, "application") or {}
    return {
        "item_id": reference_to(original.site, EntityKind.ISSUE, payload, "issueId"),
        "global_id": text(payload, "globalId"),
        "relationship": text(payload, "relationship"),
        "url": text(target, "url"),
        "title": text(target, "title"),
        "summary": text(target, "summary"),
        "is_resolved": flag(member(target, "status") or {}, "resolved"),
        "application": text(application, "name") or text(application, "type"),
    }
