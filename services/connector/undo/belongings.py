"""What one import created in Windshift's store, and what of it has to stay."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Final

from services.connector.comparison import is_as_written
from services.connector.undo.references import references
from services.connector.undo.shelves import FIELD, KEY, ORIGINAL, Shelf, shelves
from shared.blobs import Blobs
from shared.content import CREATED_BY, is_intact
from shared.id_sets import IdSet
from shared.ids import parts_of
from shared.kinds import EntityKind
from shared.mongo import Document, Store
from shared.reconcile import id_queries
from shared.state.imports import Import
from shared.state.undos import Kept, Undos, Why

_NOTED: Final = 500  # reasons that are written down at once
_PAGE: Final = 200  # documents; most are a few kilobytes, the largest 16 MB
_LEAN: Final = {"source": 0}  # Jira's original refers to nothing here, and is the larger part
_GROWS: Final = frozenset({"_id", "options"})  # of a field's definition, beside what was written
_NO_HASH: Final = frozenset({KEY, ORIGINAL})  # nobody edits these

Ids = dict[str, IdSet]  # by kind, see `shelves`


@dataclass(slots=True)
class Belongings:
    """Ids of what an import created, and of what stays of it. The reasons are written down as they are found.

    Only sets of ids are held in memory, whatever the size of the import.
    """

    import_: Import
    store: Store
    shelves: dict[str, Shelf] = field(init=False)
    created: Ids = field(default_factory=lambda: defaultdict(IdSet))
    kept: Ids = field(default_factory=lambda: defaultdict(IdSet))
    _asking: Ids = field(default_factory=dict)  # kept, and not yet asked what they refer to
    _reasons: list[Kept] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shelves = shelves(self.import_.site)

    def going(self, kind: str) -> IdSet:
        """Return the ids of a kind that do not stay."""
        return self.created[kind] - self.kept[kind]

    async def is_edited(self, kind: str, document: Document) -> bool:
        """Tell whether a document, read whole, was edited in Windshift."""
        if kind in _NO_HASH:
            return False
        if kind == FIELD:
            return not is_intact(document, apart=_GROWS)
        return not await is_as_written(document, Blobs(self.store))

    async def keep(self, kind: str, ids: IdSet, why: Why, detail: str = "") -> None:
        """Let those of some documents stay that would go."""
        staying = ids & self.going(kind)
        if not staying:
            return
        self.kept[kind] |= staying
        if kind != ORIGINAL:
            self._asking[kind] = self._asking.get(kind, IdSet()) | staying
        for id_ in staying:
            await self.note(Kept(kind=kind, id=id_, why=why, detail=detail))

    async def keep_used(self, document_ids: Iterable[str], user: str) -> None:
        """Let documents stay to which a document refers that stays."""
        for document_id in document_ids:
            site, kind, id_ = parts_of(document_id)
            if site == self.import_.site and kind in self.created and id_ in self.created[kind]:
                await self.keep(kind, IdSet([id_]), Why.STILL_USED, user)

    async def follow(self) -> None:
        """Let everything stay that what stays refers to, near or far; then write the reasons down."""
        while self._asking:
            kind, ids = self._asking.popitem()
            async for document in self.documents(kind, ids):
                await self.keep_used(references(document, self.import_.site), document["_id"])
        await self._keep_aliases()
        await self._write_down()

    async def documents(self, kind: str, ids: IdSet, *, whole: bool = False) -> AsyncIterator[Document]:
        """Iterate over documents of this import; without Jira's original unless they are wanted whole."""
        shelf = self.shelves[kind]
        collection = self.store.windshift[shelf.collection]
        for query in id_queries(shelf.prefix, ids):
            mine = query | {CREATED_BY: self.import_.id}
            async for document in collection.find(mine, None if whole else _LEAN, batch_size=_PAGE):
                if document["_id"].removeprefix(shelf.prefix) in ids:
                    yield document

    async def note(self, kept: Kept) -> None:
        """Write down that something stays, and why; soon."""
        self._reasons.append(kept)
        if len(self._reasons) >= _NOTED:
            await self._write_down()

    async def _keep_aliases(self) -> None:
        """An old key stays as long as its item."""
        items, leaving = self.shelves[EntityKind.ISSUE], self.going(EntityKind.ISSUE)
        async for alias in self.documents(KEY, self.going(KEY)):
            item = str(alias["item_id"])
            if item.removeprefix(items.prefix) in leaving:
                continue
            if await self.store.windshift[items.collection].find_one({"_id": item}, {"_id": 1}):
                await self.keep_used([alias["_id"]], item)
        self._asking.pop(KEY, None)

    async def _write_down(self) -> None:
        await Undos(self.store.state).keep(self.import_.id, self._reasons)
        self._reasons.clear()
