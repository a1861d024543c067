"""What happened around an issue: its changes, and who watches it or voted for it."""

from services.loader.transform.fields import (
    Payload,
    members,
    moment,
    people,
    reference_to,
    text,
    who,
    whole,
)
from services.loader.transform.original import Original
from services.loader.transform.privacy import quoting_privacy
from shared.kinds import EntityKind
from shared.mongo import Document
from shared.state.findings import FindingCode


def history(original: Original) -> Document:
    """Turn one change into a history entry; `from` and `to` are ids, the texts are what Jira showed."""
    payload = original.payload
    return {
        "item_id": reference_to(original.site, EntityKind.ISSUE, payload, "issueId"),
        **who(original.site, payload, "author"),
        "created_at": moment(payload, "created"),
        "changes": [_change(one) for one in members(payload, "items")],
        **quoting_privacy(original),
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
    """Keep who watches an issue."""
    return _followers(original, count="watchCount", names="watchers")


def votes(original: Original) -> Document:
    """Keep who voted for an issue."""
    return _followers(original, count="votes", names="voters")


def _followers(original: Original, *, count: str, names: str) -> Document:
    """Return how many there are, and who: Jira hides names from accounts without a permission."""
    payload = original.payload
    counted, user_ids = whole(payload, count), people(original.site, payload, names)
    if counted is not None and counted > len(user_ids):
        original.note(FindingCode.NAMES_HIDDEN, f"{counted - len(user_ids)} of {counted} {names}")
    return {
        "item_id": reference_to(original.site, EntityKind.ISSUE, payload, "issueId"),
        "count": counted,
        "user_ids": user_ids,
    }
