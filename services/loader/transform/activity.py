"""What happened around an issue: its changes, and who watches it or voted for it."""

from services.loader.transform.fields import (
    Payload,
    author,
    members,
    moment,
    people,
    reference_to,
    text,
    whole,
)
from services.loader.transform.original import Original
from shared.kinds import EntityKind
from shared.mongo import Document


def history(original: Original) -> Document:
    """Turn one change into a history entry; `from` and `to` are ids, the texts are what Jira showed."""
    payload = original.payload
    return {
        "item_id": reference_to(original.site, EntityKind.ISSUE, payload, "issueId"),
        **author(original.site, payload),
        "created_at": moment(payload, "created"),
        "changes": [_change(one) for one in members(payload, "items")],
    }


def _change(change: Payload) -> Document:
    return {
        "field": text(change, "field"),
        "field_id": text(change, "fieldId"),
        "field_type": text(change, "fieldtype"),
        "from": text(change, "from"),
        "from_text": text(change, "fromString"),
        "to": text(change, "to"),
        "to_text": text(change, "toString"),
    }


def watchers(original: Original) -> Document:
    """Keep who watches an issue; `count` is higher than the names when Jira hides some of them."""
    payload = original.payload
    return {
        "item_id": reference_to(original.site, EntityKind.ISSUE, payload, "issueId"),
        "count": whole(payload, "watchCount"),
        "user_ids": people(original.site, payload, "watchers"),
    }


def votes(original: Original) -> Document:
    """Keep who voted for an issue; `count` is higher than the names when Jira hides some of them."""
    payload = original.payload
    return {
        "item_id": reference_to(original.site, EntityKind.ISSUE, payload, "issueId"),
        "count": whole(payload, "votes"),
        "user_ids": people(original.site, payload, "voters"),
    }
