"""What an import left in Windshift, as hashes by id: two imports of the same issues must look the same."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.content import CREATED_BY
from shared.ids import site_id
from tests.e2e.running import Store

# Of one import, one site or one writing: another import of the same issues has others.
_OWN: Final = ("import_id", CREATED_BY, "hash", "uploadDate", "synthetic_email", "synthetic_username")
_OWN_IN: Final = {
    "workspaces": ("key",)
}  # unique in Windshift, whose other workspaces are of the same issues
_SITE: Final = "the-site"


@dataclass(frozen=True)
class Picture:
    """Hashes of members by collection and id; `doubles` are things of Jira with more than one document."""

    hashes: Mapping[str, Mapping[str, int]]
    doubles: tuple[str, ...]

    @classmethod
    def of(cls, store: Store, host: str) -> "Picture":
        """Look at everything that a site has in the store."""
        site = site_id(f"http://{host}")
        hashes: dict[str, dict[str, int]] = {}
        things: Counter[str] = Counter()
        for name in sorted(store.list_collection_names()):
            member = "files_id" if name.endswith(".chunks") else "_id"
            ours = {member: {"$gte": f"{site}:", "$lt": f"{site};"}}
            for document in store[name].find(ours):
                identity = _identity(name, document, site)
                hashes[identity] = _members(name, document, site)
                things[f"{name}/{document.get('kind')}/{document.get('jira_id', identity)}"] += 1
        return cls(hashes, tuple(thing for thing, count in things.items() if count > 1))

    def lost(self, now: "Picture") -> list[str]:
        """What is here and not there any more."""
        return sorted(self.hashes.keys() - now.hashes.keys())

    def changed(self, now: "Picture") -> list[str]:
        """What has another content there, and in which members."""
        both = sorted(self.hashes.keys() & now.hashes.keys())
        return [
            f"{one}: {', '.join(_differing(self.hashes[one], now.hashes[one]))}"
            for one in both
            if self.hashes[one] != now.hashes[one]
        ]


def _identity(collection: str, document: Mapping[str, Any], site: str) -> str:
    if collection.endswith(".chunks"):  # their `_id` is made by chance
        return f"{collection}/{document['files_id']}/{document['n']}".replace(site, _SITE)
    return f"{collection}/{document['_id']}".replace(site, _SITE)


def _members(collection: str, document: Mapping[str, Any], site: str) -> dict[str, int]:
    chance = ("_id",) if "files_id" in document else ()
    own = (*_OWN, *_OWN_IN.get(collection, ()), *chance)
    return {
        name: hash(repr(value).replace(site, _SITE)) for name, value in document.items() if name not in own
    }


def _differing(one: Mapping[str, int], other: Mapping[str, int]) -> list[str]:
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]
