"""Documents that were edited in Windshift: which side wins, and what is told of it."""

from collections.abc import Sequence
from typing import Final

import orjson

from shared.content import CREATED_BY, GONE, is_intact
from shared.kinds import ConflictPolicy
from shared.mongo import Document

_NAMED: Final = 12  # members in one finding
_OURS: Final = frozenset({"_id", "hash", "import_id", CREATED_BY, "source", "source_blob", "updated", GONE})


def is_edited(stored: Document) -> bool:
    """Tell whether a document is not what an import wrote; unknown of one whose source lies elsewhere."""
    return stored.get("source_blob") is None and not is_intact(stored)


def windshift_wins(document: Document, stored: Document, policy: ConflictPolicy) -> bool:
    """Decide a conflict. By time, Jira has to be newer for certain: many kinds have no time at all."""
    if policy is not ConflictPolicy.NEWEST:
        return policy is ConflictPolicy.KEEP_WINDSHIFT
    here, there = stored.get("updated_at"), document.get("updated_at")
    return here is None or there is None or here >= there


def told(document: Document, stored: Document, *, kept: bool) -> str:
    """Say which side was taken, and in which members the two differ."""
    members = [name for name in sorted(document.keys() | stored.keys()) if name not in _OURS]
    names = [name for name in members if _differ(document.get(name), stored.get(name))]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    side = "Windshift's version stays" if kept else "Jira's version replaced it"
    return f"edited in Windshift, changed in Jira: {side}; they differ in {_listed(names)}{more}"


def _differ(one: object, other: object) -> bool:
    return orjson.dumps(one, default=str) != orjson.dumps(other, default=str)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) or "their times"
