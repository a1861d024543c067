"""What the store has acknowledged, by project: it is not written again, nor looked for at the marker."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.loader.inbox import Loadable
from services.loader.writer import Outcome, Written
from shared.id_sets import IdSet
from shared.kinds import OF_AN_ISSUE, EntityKind
from shared.reconcile import Durable

_PROJECTS: Final = 1_000  # of the longest silent ones beyond that, the ids are looked for in the store
_HASHES: Final = 5_000  # of a project; beyond that, all are forgotten, and what comes again is written again

_Project = tuple[str, str]  # of an import
_AS_GIVEN: Final = frozenset({Outcome.INSERTED, Outcome.REPLACED, Outcome.UNCHANGED})


@dataclass(slots=True)
class _Share:
    ids: dict[EntityKind, IdSet] = field(default_factory=lambda: defaultdict(IdSet))
    hashes: dict[str, str] = field(default_factory=dict)  # by `_id`, of what many issues name

    def remember(self, id_: str, content: str) -> None:
        if len(self.hashes) >= _HASHES:
            self.hashes.clear()
        self.hashes[id_] = content


class Acknowledged:
    """What this process wrote, or found written; another process' share is looked for in the store."""

    def __init__(self) -> None:
        self._projects: OrderedDict[_Project, _Share] = OrderedDict()

    def add(self, loadables: Iterable[Loadable], winners: Mapping[str, Loadable], written: Written) -> None:
        """Remember what of a batch the store holds now; `winners` are what was written of it, by `_id`."""
        batch: dict[_Project, dict[EntityKind, list[str]]] = defaultdict(lambda: defaultdict(list))
        for loadable in loadables:
            if loadable.id not in written.refused:
                batch[_project(loadable)][loadable.kind].append(loadable.jira_id)
        for project, kinds in batch.items():
            for kind, ids in kinds.items():
                self._share(project).ids[kind].update(ids)
        for id_, winner in winners.items():
            if winner.kind not in OF_AN_ISSUE and written.outcomes.get(id_) in _AS_GIVEN:
                self._share(_project(winner)).remember(id_, winner.document["hash"])
        while len(self._projects) > _PROJECTS:
            self._projects.popitem(last=False)

    def _share(self, project: _Project) -> _Share:
        """Return what is known of a project, which is not silent now."""
        share = self._projects.setdefault(project, _Share())
        self._projects.move_to_end(project)
        return share

    def holds(self, loadable: Loadable) -> bool:
        """Tell whether the store was just given a document as it is, in the same project of an import.

        Each fetcher sends a status or a user once, and once more when it learns more of it.
        """
        share = self._projects.get(_project(loadable))
        return share is not None and share.hashes.get(loadable.id) == loadable.document["hash"]

    def take(self, import_id: str, project_key: str) -> Durable:
        """Return the ids of a project that is complete, and forget all of it."""
        share = self._projects.pop((import_id, project_key), None)
        return share.ids if share else {}


def _project(loadable: Loadable) -> _Project:
    return loadable.run.import_id, loadable.run.project_key
