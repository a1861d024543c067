"""The account of a project: what Jira has, what Windshift has, what is missing, from sets of ids."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from shared.contracts.events import KindAccount
from shared.groups import groups
from shared.holdings import holdings
from shared.id_sets import IdSet
from shared.ids import entity_id, project_run_id
from shared.kinds import EntityKind
from shared.mongo import Collection, Document, Store
from shared.sink import COLLECTION_OF, MAPPED
from shared.state import State as StateDb

# Up to this many ids are looked up, a few in one `$in`; above, a scan of the `_id` index is faster. (The
# embedded store takes 75 us for an id in a short `$in`, and compares a long one with every document.)
_LOOKED_UP: Final = 2_000
_AT_ONCE: Final = 50
_PAGE: Final = 10_000

Durable: TypeAlias = Mapping[EntityKind, IdSet]


@dataclass(slots=True)
class KindReconciliation:
    """Ids of one kind: expected from Jira, stored in Windshift, missing, and dead-lettered."""

    expected: IdSet = field(default_factory=IdSet)
    stored: IdSet = field(default_factory=IdSet)  # or mapped: something in Windshift stands for them
    mapped: IdSet = field(default_factory=IdSet)
    dead: IdSet = field(default_factory=IdSet)
    gone: IdSet = field(default_factory=IdSet)  # Jira has them no more, or not for this account

    @property
    def missing(self) -> IdSet:
        """Neither stored nor accounted for by a dead letter: must be empty."""
        return self.expected - self.stored - self.dead

    def counts(self, *, dry_run: bool = False) -> KindAccount:
        """Return the sizes of the sets; what a dry run finds missing would be created."""
        missing = len(self.missing)
        return KindAccount(
            jira=len(self.expected),
            windshift=len(self.stored),
            missing=0 if dry_run else missing,
            to_create=missing if dry_run else 0,
            dead_lettered=len(self.dead),
            gone=len(self.gone),
            mapped=len(self.mapped & self.stored),
        )


async def reconcile(
    store: Store, *, site: str, import_id: str, project_key: str, durable: Durable | None = None
) -> dict[EntityKind, KindReconciliation]:
    """Compare the ledger's ids with the store's, kind by kind, for one project of an import.

    `durable` are ids of which the store has just said that it holds them; only the others are looked for.
    """
    kinds = await expected_ids(store, site=site, import_id=import_id, project_key=project_key)
    for kind, account in kinds.items():
        account.stored = account.expected & (durable or {}).get(kind, IdSet())
        created, mapped = store.windshift[COLLECTION_OF[kind]], store.windshift[MAPPED]
        async for found in stored_ids(created, site, kind, account.expected - account.stored):
            account.stored |= found
        async for found in stored_ids(mapped, site, kind, account.mapped - account.stored):
            account.stored |= found
    return kinds


async def expected_ids(
    store: Store, *, site: str, import_id: str, project_key: str
) -> dict[EntityKind, KindReconciliation]:
    """Return what Jira named while a project was read, from the ledger; nothing is looked for in Windshift.

    Letters of whole tasks are accounted under the kind `task` and never here: the entities of a task that
    failed have letters of their own, or were never known.
    """
    state = StateDb(store)
    kinds: dict[EntityKind, KindReconciliation] = defaultdict(KindReconciliation)
    held = await holdings(state, project_run_id(import_id, project_key))
    for kind, ids in held.present.items():
        kinds[kind].expected |= ids
    for kind, ids in held.gone.items():
        kinds[kind].gone |= ids
    for name, letters in (await state.dead_letters.ids(import_id, project_key)).items():
        if name in COLLECTION_OF:
            account = kinds[EntityKind(name)]
            dead = letters - account.gone
            account.dead |= dead
            account.expected |= dead
    targets = await state.plans.targets(import_id)
    for kind, account in kinds.items():
        account.mapped = account.expected & _mapped(site, kind, targets)
    return dict(kinds)


def _mapped(site: str, kind: EntityKind, targets: Iterable[str]) -> IdSet:
    prefix = entity_id(site, kind, "")
    return IdSet(identity.removeprefix(prefix) for identity in targets if identity.startswith(prefix))


async def stored_ids(
    collection: Collection, site: str, kind: EntityKind, wanted: IdSet
) -> AsyncIterator[IdSet]:
    """Iterate, in parts, over those of the wanted ids that the collection holds."""
    prefix = entity_id(site, kind, "")
    for query in id_queries(prefix, wanted):
        cursor = collection.find(query, {"_id": 1}, batch_size=_PAGE)
        while page := await cursor.to_list(_PAGE):
            yield IdSet(document["_id"].removeprefix(prefix) for document in page) & wanted


def id_queries(prefix: str, wanted: IdSet) -> list[Document]:
    """Return the queries that find documents by their ids; with many of them, all of the site's."""
    if len(wanted) > _LOOKED_UP:
        return [{"_id": {"$gte": prefix, "$lt": f"{prefix[:-1]};"}}]  # `;` follows `:`
    return [{"_id": {"$in": ids}} for ids in groups((prefix + id_ for id_ in wanted), _AT_ONCE)]
