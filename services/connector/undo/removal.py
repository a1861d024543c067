"""Removes what an import created and does not stay, a few documents at once."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from services.connector.undo.belongings import Belongings
from services.connector.undo.shelves import ORIGINAL, Shelf
from shared import failpoints
from shared.blobs import Blobs
from shared.content import CREATED_BY
from shared.id_sets import IdSet
from shared.kinds import EntityKind
from shared.state import State
from shared.state.undos import Why

_AT_ONCE: Final = 50  # ids in one `$in`: the embedded store compares each document with each of them
_TOLD: Final = 40  # pages after which it is told how many are removed


class Removal:
    """One pass over what goes. What is edited in Windshift until the moment at which it would go stays."""

    def __init__(self, belongings: Belongings) -> None:
        self._belongings = belongings
        self._windshift = belongings.store.windshift
        self._state = State(belongings.store)
        self._blobs = Blobs(belongings.store)
        self._import_id = belongings.import_.id

    async def remove(self) -> int:
        """Remove all of it; return how many documents went. After a crash it is done again from the start."""
        created = self._belongings.created
        found = {kind: len(ids) for kind, ids in created.items() if ids}
        total = await self._state.undos.begin(self._import_id, found)
        removed = 0
        for shelf in self._belongings.shelves.values():
            before = total.get(shelf.kind, 0) - len(created[shelf.kind])  # by a pass that was cut short
            removed += await self._clear(shelf, before)
        return removed

    async def _clear(self, shelf: Shelf, before: int) -> int:
        removed = 0
        for number, ids in enumerate(_pages(self._belongings.going(shelf.kind)), 1):
            removed += await self._remove(shelf, ids)
            failpoints.reach("undo.removed")
            if number % _TOLD == 0:
                await self._state.undos.note_removed(self._import_id, shelf.kind, before + removed)
        if before + removed:
            await self._state.undos.note_removed(self._import_id, shelf.kind, before + removed)
        return removed

    async def _remove(self, shelf: Shelf, ids: Sequence[str]) -> int:
        documents, edited = [], IdSet()
        going = IdSet(ids) - self._belongings.kept[shelf.kind]
        async for document in self._belongings.documents(shelf.kind, going, whole=True):
            if await self._belongings.is_edited(shelf.kind, document):
                edited.update([document["_id"].removeprefix(shelf.prefix)])
            else:
                documents.append(document)
        if edited:
            await self._belongings.keep(shelf.kind, edited, Why.EDITED)
            await self._belongings.follow()
        names = [document["_id"] for document in documents]
        if shelf.kind == EntityKind.ATTACHMENT:
            await self._blobs.delete_many([one["blob"]["id"] for one in documents if one.get("blob")])
        if shelf.kind != ORIGINAL:
            await self._state.unsettled.drop(names)
        mine = {"_id": {"$in": names}, CREATED_BY: self._import_id}
        removed = (await self._windshift[shelf.collection].delete_many(mine)).deleted_count
        # After it: a document without the original that lies aside would look like an edited one.
        aside = [one["source_blob"]["blob_id"] for one in documents if one.get("source_blob")]
        await self._blobs.delete_many(aside)
        return removed


def _pages(ids: IdSet) -> Iterator[list[str]]:
    every = iter(ids)
    while page := list(islice(every, _AT_ONCE)):
        yield page
