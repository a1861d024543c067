"""The ids that the store has acknowledged, by project: at the marker they need not be looked for again."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import Final

from services.loader.inbox import Loadable
from shared.id_sets import IdSet
from shared.kinds import EntityKind
from shared.reconcile import Durable

_PROJECTS: Final = 1_000  # of the longest silent ones beyond that, the ids are looked for in the store


class DurableIds:
    """What this process wrote, or found written; another process' share is looked for in the store."""

    def __init__(self) -> None:
        self._ids: OrderedDict[tuple[str, str], dict[EntityKind, IdSet]] = OrderedDict()

    def add(self, loadables: Iterable[Loadable]) -> None:
        """Remember a batch of documents that the store holds now."""
        batch: dict[tuple[str, str], dict[EntityKind, list[str]]] = defaultdict(lambda: defaultdict(list))
        for loadable in loadables:
            run = loadable.run.import_id, loadable.run.project_key
            batch[run][loadable.kind].append(loadable.jira_id)
        for run, kinds in batch.items():
            known = self._ids.setdefault(run, {})
            self._ids.move_to_end(run)
            for kind, ids in kinds.items():
                known.setdefault(kind, IdSet()).update(ids)
        while len(self._ids) > _PROJECTS:
            self._ids.popitem(last=False)

    def take(self, import_id: str, project_key: str) -> Durable:
        """Return the ids of a project that is complete, and forget them."""
        return self._ids.pop((import_id, project_key), {})
