"""What is in Windshift already, as a target of a mapping."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from shared.groups import groups
from shared.mongo import Document, Store
from shared.state.plans import Target

_NAMED: Final = 8  # targets in one message
_LOOKED_UP: Final = 50  # ids in one `$in`
_SHOWN: Final = {"name": 1, "key": 1, "field_type": 1, "options": 1}


class ImpossibleMappingError(Exception):
    """A mapping that cannot be followed; the message says which, why, and what would be possible."""


class Existing:
    """Windshift's collections that a mapping may point into."""

    def __init__(self, store: Store) -> None:
        self._database = store.windshift

    async def find(self, collection: str, ids: Iterable[Target]) -> dict[Target, Document]:
        """Return those of some ids that exist."""
        found: dict[Target, Document] = {}
        for wanted in groups(dict.fromkeys(ids), _LOOKED_UP):
            query = {"_id": {"$in": wanted}}
            found.update({one["_id"]: one async for one in self._database[collection].find(query, _SHOWN)})
        return found

    async def workspaces_by_key(self, keys: Iterable[str], *, except_: Iterable[str]) -> dict[str, Document]:
        """Return the workspaces that have one of some keys already."""
        query = {"key": {"$in": list(keys)}, "_id": {"$nin": list(except_)}}
        return {one["key"]: one async for one in self._database["workspaces"].find(query, _SHOWN)}

    async def offers(self, collection: str, query: Mapping[str, Any] | None = None) -> str:
        """Name what could be mapped to; empty when there is nothing."""
        cursor = self._database[collection].find(dict(query or {}), _SHOWN).sort("_id", 1)
        found = await cursor.to_list(_NAMED + 1)
        named = ", ".join(described(one) for one in found[:_NAMED])
        return f"{named}, …" if len(found) > _NAMED else named


def described(document: Document) -> str:
    """Name a target as `'Severity' (select, 7)`."""
    type_ = document.get("field_type")
    return f"{document.get('name')!r} ({f'{type_}, ' if type_ else ''}{document['_id']})"
