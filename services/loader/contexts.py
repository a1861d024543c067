"""Reads what is known of an import once, and keeps it while records of the import come."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from typing import Final

from services.loader.transform.context import Context
from services.loader.writer import store_errors
from shared.kinds import UNDO_STATES
from shared.state import State

_KEPT: Final = 32  # imports; more than that are hardly under way at once


class Contexts:
    """The contexts of the imports that were seen last."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._kept: OrderedDict[str, Context] = OrderedDict()

    def knows(self, import_id: str) -> bool:
        """Tell whether records of an import came lately."""
        return import_id in self._kept

    async def wanted(self, import_id: str) -> Context | None:
        """Return the context of an import, None for one whose records are to be passed over.

        Asked for once for each import in a batch; TransientError when the store is away.
        """
        with store_errors("reading an import"):
            if not await self._state.imports.takes_records(import_id):
                return None
        await self.refresh([import_id])
        return await self.of(import_id)

    async def undo_late(self, import_ids: Collection[str]) -> None:
        """Have those undone again that were undone while some records of theirs were being written."""
        with store_errors("looking for undone imports"):
            for import_id, state in (await self._state.imports.states_of(import_ids)).items():
                if state in UNDO_STATES:
                    await self._state.undos.again(import_id)

    async def refresh(self, import_ids: Iterable[str]) -> None:
        """Forget contexts whose plan was changed since; asked for before records are transformed."""
        kept = [import_id for import_id in import_ids if import_id in self._kept]
        if not kept:
            return
        with store_errors("reading the revision of a plan"):
            revisions = await self._state.plans.revisions(kept)
        for import_id in kept:
            if self._kept[import_id].revision != revisions.get(import_id, 1):
                del self._kept[import_id]

    async def of(self, import_id: str) -> Context:
        """Return the context of an import, whatever became of that."""
        context = self._kept.get(import_id)
        if context is None:
            with store_errors("reading the plan of an import"):
                import_ = await self._state.imports.get(import_id)
                plan = await self._state.plans.get(import_id)
            context = Context.of(plan, import_)
            self._kept[import_id] = context
        self._kept.move_to_end(import_id)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return context
