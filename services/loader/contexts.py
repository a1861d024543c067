"""Reads what is known of an import once, and keeps it while records of the import come."""

from collections import OrderedDict
from typing import Final

from services.loader.transform.context import Context
from services.loader.writer import store_errors
from shared.state import Plans

_KEPT: Final = 32  # imports; more than that are hardly under way at once


class Contexts:
    """The contexts of the imports that were seen last."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._kept: OrderedDict[str, Context] = OrderedDict()

    async def of(self, import_id: str) -> Context:
        """Return the context of an import; TransientError when the store is away."""
        context = self._kept.get(import_id)
        if context is None:
            with store_errors("reading the plan of an import"):
                context = Context.of(await self._plans.get(import_id))
            self._kept[import_id] = context
        self._kept.move_to_end(import_id)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return context
