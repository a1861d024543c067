"""What Jira has of a project now, and what of it Windshift holds in an older version."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from services.connector.verify_walk import Things, Times
from shared.groups import groups
from shared.id_sets import IdSet
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import Store
from shared.sink import COLLECTION_OF

_LOOKED_UP: Final = 50  # ids in one `$in`: see `shared.reconcile`


@dataclass(slots=True)
class Now:
    """Ids by kind; `newer` were changed in Jira after they were written to Windshift."""

    ids: dict[EntityKind, IdSet] = field(default_factory=lambda: defaultdict(IdSet))
    newer: dict[EntityKind, IdSet] = field(default_factory=lambda: defaultdict(IdSet))

    async def add(self, things: Things, store: Store, site: str) -> None:
        """Take in a part of what Jira has; its times are compared at once, and not kept."""
        for kind, times in things.items():
            self.ids[kind].update(times)
            async for ids in _newer(store, site, kind, times):
                self.newer[kind].update(ids)


async def _newer(store: Store, site: str, kind: EntityKind, times: Times) -> AsyncIterator[list[str]]:
    prefix = entity_id(site, kind, "")
    dated = {prefix + id_: time for id_, time in times.items() if time is not None}
    for ids in groups(dated, _LOOKED_UP):
        query = {"_id": {"$in": ids}}
        stored = await store.windshift[COLLECTION_OF[kind]].find(query, {"updated": 1}).to_list(_LOOKED_UP)
        yield [
            document["_id"].removeprefix(prefix)
            for document in stored
            if (document.get("updated") or 0) < dated[document["_id"]]
        ]
