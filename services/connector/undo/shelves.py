"""Where what an import may create lies in Windshift's store."""

from dataclasses import dataclass
from typing import Final

from shared.ids import field_id, key_id
from shared.kinds import OF_AN_ISSUE, EntityKind
from shared.mongo import Document
from shared.sink import ALIASES, COLLECTION_OF, CUSTOM_FIELDS, MAPPED

FIELD: Final = "field"
KEY: Final = "key"
ORIGINAL: Final = "mapped_original"

# What refers goes before what it refers to, so that nothing dangles in between.
_REFERRING: Final = (*sorted(OF_AN_ISSUE - {EntityKind.ISSUE}), EntityKind.LINK, KEY, EntityKind.ISSUE)
_LAST: Final = (EntityKind.SPRINT, EntityKind.BOARD, FIELD, EntityKind.VERSION, EntityKind.COMPONENT)
_VERY_LAST: Final = (EntityKind.PROJECT, EntityKind.USER)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Documents of one kind of a site: those whose `_id` begins with the prefix."""

    kind: str
    collection: str
    prefix: str

    @property
    def range(self) -> Document:
        """The query for all of them."""
        return {"_id": {"$gte": self.prefix, "$lt": f"{self.prefix[:-1]};"}}  # `;` follows `:`


def shelves(site: str) -> dict[str, Shelf]:
    """Return the shelves of a site by kind, in the order in which they are cleared."""
    first, last = set(_REFERRING), {*_LAST, *_VERY_LAST}
    others = sorted(kind for kind in EntityKind if kind not in first | last)
    found = [_shelf(site, str(kind)) for kind in (*_REFERRING, *_LAST, *others, *_VERY_LAST)]
    return {shelf.kind: shelf for shelf in (*found, Shelf(ORIGINAL, MAPPED, f"{site}:"))}


def _shelf(site: str, kind: str) -> Shelf:
    if kind == FIELD:
        return Shelf(kind, CUSTOM_FIELDS, field_id(site, ""))
    if kind == KEY:
        return Shelf(kind, ALIASES, key_id(site, ""))
    return Shelf(kind, COLLECTION_OF[EntityKind(kind)], f"{site}:{kind}:")
