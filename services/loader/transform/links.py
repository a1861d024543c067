"""Links between issues, and from issues to the world."""

from services.loader.transform.fields import flag, member, reference, reference_to, text
from services.loader.transform.original import Original
from shared.kinds import EntityKind
from shared.mongo import Document


def item_link(original: Original) -> Document:
    """Turn a link into a link; it reads source —forward label→ target, and target —reverse label→ source.

    An end that is not in Windshift is shown by its key and address: see `outside`. Its title stays in
    `source`, since not everybody who may read the one issue in Jira may read the other.
    """
    payload = original.payload
    kind = member(payload, "type") or {}
    return {
        "link_type_id": reference(original.site, EntityKind.LINK_TYPE, payload, "type"),
        "forward_label": text(kind, "outward"),
        "reverse_label": text(kind, "inward"),
        **_end(original, "source"),
        **_end(original, "target"),
    }


def _end(original: Original, name: str) -> Document:
    end = member(original.payload, name) or {}
    key, home = text(end, "key"), original.context.instance_url
    return {
        f"{name}_id": reference(original.site, EntityKind.ISSUE, original.payload, name),
        f"{name}_key": key,
        f"{name}_url": f"{home}/browse/{key}" if home and key else None,
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
