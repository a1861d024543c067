"""Who may read: what was restricted in Jira is private here, whatever the restriction was.

Windshift has no roles, groups or levels on single things, so `is_private` stands for all of them, and
`restrictions` keeps for whom the thing was meant. Comments, worklogs and attachments of a restricted issue
are private too: they can be reached without their item. All else about an item (its history, links, watchers,
votes) has no such mark and is read through the item: whoever may not read the item may not read it either,
and a link takes both of its items, of which it tells nothing but their keys. Only a change that quotes a
comment is private by itself.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from services.loader.transform.fields import Payload, members, text
from services.loader.transform.original import Original
from shared.jira.restrictions import Restriction, describe, of_entry, of_issue
from shared.mongo import Document
from shared.state.findings import FindingCode

_SIDES: Final = ("fromString", "toString")
_DELETED_COMMENT: Final[Restriction] = {"type": "deleted_comment", "id": None, "name": None}
INHERITED: Final = "issueRestrictions"  # with which the fetcher tells that a part's issue is restricted


def issue_privacy(original: Original, fields: Payload) -> Document:
    """Return the privacy of an issue."""
    return _privacy(original, of_issue(fields))


def entry_privacy(original: Original) -> Document:
    """Return the privacy of a comment or worklog: its own restrictions, and those of its issue."""
    return _privacy(original, [*of_entry(original.payload), *_inherited(original.payload)])


def file_privacy(original: Original) -> Document:
    """Return the privacy of an attachment: that of its issue."""
    return _privacy(original, _inherited(original.payload))


def quoting_privacy(original: Original) -> Document:
    """Return the privacy of a change that quotes a deleted comment; nothing of any other change.

    Jira hides the words of one that was for a role or a group, but not of an internal note, and nothing
    tells them from those that everybody could read.
    """
    changes = members(original.payload, "items")
    words = [text(one, side) for one in changes if one.get("field") == "Comment" for side in _SIDES]
    return _privacy(original, [dict(_DELETED_COMMENT)]) if any(words) else {}


def _inherited(payload: Payload) -> Iterable[Restriction]:
    restrictions = payload.get(INHERITED)
    if restrictions is None:
        return ()
    if isinstance(restrictions, list) and all(isinstance(one, Mapping) for one in restrictions):
        return restrictions
    return ({"type": "unknown", "id": None, "name": None},)


def _privacy(original: Original, restrictions: Iterable[Restriction]) -> Document:
    found = list(restrictions)
    for one in found:
        original.note(FindingCode.MADE_PRIVATE, describe(one))
    return {"is_private": bool(found), "restrictions": found}
