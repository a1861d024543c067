"""The account of a project: what Jira has, what Windshift has, what is missing, from sets of ids."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from shared.contracts.events import KindAccount
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import Collection, Document, Store
from shared.sink import COLLECTION_OF
from shared.state import State as StateDb
from shared.state.dead_letters import DeadLetter

_LOOK_UP_ONE_BY_ONE = 50  # above that a scan of the `_id` index is many times faster than `$in`


@dataclass(slots=True)
class KindReconciliation:
    """Ids of one kind: expected from Jira, stored in Windshift, missing, and dead-lettered with reasons."""

    expected: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    dead: dict[str, DeadLetter] = field(default_factory=dict)

    @property
    def missing(self) -> set[str]:
        """Neither stored nor accounted for by a dead letter: must be empty."""
        return self.expected - self.stored - self.dead.keys()

    def counts(self) -> KindAccount:
        """Return the sizes of the sets."""
        return KindAccount(
            jira=len(self.expected),
            windshift=len(self.stored),
            missing=len(self.missing),
            dead_lettered=len(self.dead),
        )


async def reconcile(
    store: Store, *, site: str, import_id: str, project_key: str
) -> dict[EntityKind, KindReconciliation]:
    """Compare the ledger's ids with the store's, kind by kind, for one project of an import.

    Letters of whole tasks are accounted under the kind `task` and never here: the entities of a task that
    failed have letters of their own, or were never known.
    """
    state = StateDb(store)
    kinds: dict[EntityKind, KindReconciliation] = {}
    async for manifest in state.ledger.manifests(import_id, project_key):
        for kind, ids in manifest.items():
            kinds.setdefault(EntityKind(kind), KindReconciliation()).expected.update(ids)
    async for letter in state.dead_letters.of_project(import_id, project_key):
        if letter.kind in COLLECTION_OF:
            account = kinds.setdefault(EntityKind(letter.kind), KindReconciliation())
            account.dead[letter.id] = letter
            account.expected.add(letter.id)
    for kind, account in kinds.items():
        collection = store.windshift[COLLECTION_OF[kind]]
        async for jira_id in _stored(collection, site, kind, account.expected):
            account.stored.add(jira_id)
    return kinds


async def _stored(
    collection: Collection, site: str, kind: EntityKind, expected: set[str]
) -> AsyncIterator[str]:
    prefix = entity_id(site, kind, "")
    query: Document
    if len(expected) <= _LOOK_UP_ONE_BY_ONE:
        query = {"_id": {"$in": [prefix + jira_id for jira_id in expected]}}
    else:
        query = {"_id": {"$gte": prefix + min(expected), "$lte": prefix + max(expected)}}
    async for document in collection.find(query, {"_id": 1}, batch_size=10_000):
        jira_id = document["_id"].removeprefix(prefix)
        if jira_id in expected:
            yield jira_id
