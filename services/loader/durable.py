"""What the store has acknowledged, by project: it is not written again, nor looked for at the marker."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from services.loader.inbox import Loadable
from services.loader.writer import Outcome, Written
from shared.id_sets import IdSet
from shared.kinds import OF_AN_ISSUE, EntityKind
from shared.reconcile import Durable

_PROJECTS: Final = 1_000  # of the longest silent ones beyond that, the ids are looked for in the store
_HASHES: Final = 5_000  # of a project; more things that issues share are written as often as they come

_Project = tuple[str, str]  # of an import
_AS_GIVEN: Final = frozenset({Outcome.INSERTED, Outcome.REPLACED, Outcome.UNCHANGED})


@dataclass(slots=True)
class _Share:
    ids: dict[EntityKind, IdSet] = field(default_factory=lambda: defaultdict(IdSet))
    hashes: dict[str, str] = field(default_factory=dict)  # by `_id`, of what many issues name


class Acknowledged:
    """What this process wrote, or found written; another process' share is looked for in the store."""

    def __init__(self) -> None:
        self._runs: OrderedDict[_Project, _Share] = OrderedDict()

    def add(self, loadables: Iterable[Loadable], written: Written) -> None:
        """Remember what of a batch the store holds now."""
        batch: dict[_Project, dict[EntityKind, list[Loadable]]] = defaultdict(lambda: defaultdict(list))
        for loadable in loadables:
            if loadable.id in written.refused:
                continue
            run = loadable.run.import_id, loadable.run.project_key
            batch[run][loadable.kind].append(loadable)
        for run, kinds in batch.items():
            known = self._runs.setdefault(run, _Share())
            self._runs.move_to_end(run)
            for kind, found in kinds.items():
                known.ids[kind].update(one.jira_id for one in found)
                if kind not in OF_AN_ISSUE and len(known.hashes) < _HASHES:
                    same = (one for one in found if written.outcomes[one.id] in _AS_GIVEN)
                    known.hashes.update((one.id, one.document["hash"]) for one in same)
        while len(self._runs) > _PROJECTS:
            self._runs.popitem(last=False)

    def holds(self, loadable: Loadable) -> bool:
        """Tell whether the store was just given a document as it is, in the same project of an import.

        Each fetcher sends a status or a user once, and once more when it learns more of it.
        """
        run = self._runs.get((loadable.run.import_id, loadable.run.project_key))
        return run is not None and run.hashes.get(loadable.id) == loadable.document["hash"]

    def take(self, import_id: str, project_key: str) -> Durable:
        """Return the ids of a project that is complete, and forget all of it."""
        run = self._runs.pop((import_id, project_key), None)
        return run.ids if run else {}
