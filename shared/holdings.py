"""What Jira holds of a project: the readings of its issues laid over each other, the newest on top.

An import that goes on from an earlier one reads only what changed. What it did not read is still as it was
then, so the ids of the whole project are those of the newest reading of each issue that is there now.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from shared.id_sets import IdSet
from shared.kinds import EntityKind
from shared.state import State as StateDb
from shared.state.ledger import Listed, Reading, last_of

Ids: TypeAlias = dict[EntityKind, IdSet]


@dataclass(frozen=True, slots=True)
class Holdings:
    """Ids by kind: what Jira has of a project, and what it had until lately and has no more."""

    present: Ids
    gone: Ids


async def holdings(state: StateDb, run: str) -> Holdings:
    """Return what Jira holds of a project (`{import}/{project}`) by the ledger.

    Nothing is gone where no walk over the issues came to its end, or where nobody knows what failed.
    """
    rounds = await state.ledger.listings(run)
    last = last_of(rounds)
    now = _Layers(last, await state.dead_letters.issues(run))
    base = await _lay(state, run, under=[now])
    met = defaultdict(IdSet, now.covered)
    for one in rounds.values():
        met[EntityKind.ISSUE] |= one.ids | one.absent
    if last is None:
        return Holdings(_united(now.ids, met), {})
    before = await _Layers.of(state, base) if base else None
    while base and before:
        base = await _lay(state, base, under=[now, before])
    now.ids[EntityKind.ISSUE] = last.ids
    known = _united(met, before.ids if before else {})
    return Holdings(now.ids, {} if now.unsure is None else _less(known, now.ids, now.away))


async def _lay(state: StateDb, run: str, *, under: Iterable["_Layers"]) -> str:
    """Lay all rounds of a project under what is there; return the run that it goes on from, if any."""
    project = await state.imports.run(run)
    for round_ in range(project.rounds[1] if project else 1, -1, -1):
        async for reading in state.ledger.readings(run, round_):
            for layers in under:
                layers.add(reading)
        for layers in under:
            layers.settle()
    return project.base if project else ""


@dataclass(slots=True)
class _Layers:
    """Readings from the newest to the oldest round; `unsure` are issues of which a reading is not whole."""

    listed: Listed | None
    unsure: IdSet | None
    ids: Ids = field(default_factory=lambda: defaultdict(IdSet))
    away: Ids = field(default_factory=lambda: defaultdict(IdSet))  # of issues that moved elsewhere
    covered: Ids = field(default_factory=lambda: defaultdict(IdSet))  # not so any more
    _read: IdSet = field(default_factory=IdSet)  # issues that a newer round read
    _layer: Ids = field(default_factory=lambda: defaultdict(IdSet))
    _beneath: Ids = field(default_factory=lambda: defaultdict(IdSet))
    _reading: IdSet = field(default_factory=IdSet)

    @classmethod
    async def of(cls, state: StateDb, run: str) -> Self:
        """Return the layers of an earlier import, without any reading yet."""
        return cls(await state.ledger.last_listed(run), await state.dead_letters.issues(run))

    def add(self, reading: Reading) -> None:
        """Add one reading of the round; those of a round are of equal age."""
        for kind, ids in reading.shared.items():
            self.ids[EntityKind(kind)].update(ids)
        found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        targets = (self._layer, self._beneath, self.away)
        for issue in reading.issues:
            lists = found[self._target(issue["id"])]
            left = self.listed is not None and issue["id"] in self.listed.left
            for kind, ids in issue.items():
                if kind != "id" and not (left and kind == EntityKind.LINK):  # its other end still has it
                    lists[kind] += ids
            if EntityKind.ISSUE in issue:
                self._reading.update(issue[EntityKind.ISSUE])
        for target, lists in found.items():
            for kind, ids in lists.items():
                targets[target][EntityKind(kind)].update(ids)

    def _target(self, issue: str) -> int:
        if self.listed is not None and issue in self.listed.moved:
            return 2
        gone = self.listed is not None and issue not in self.listed.ids
        return 1 if gone or issue in self._read else 0

    def settle(self) -> None:
        """End a round. What two issues share (a link) is gone when a newer reading of one is without it."""
        for kind, ids in self._layer.items():
            self.ids[kind] |= ids - self._beneath[kind]
        for kind, ids in self._beneath.items():
            self.covered[kind] |= ids
        if self.unsure is not None:
            self._read |= self._reading - self.unsure
        self._layer.clear()
        self._beneath.clear()
        self._reading = IdSet()


def _united(one: Ids, other: Ids) -> Ids:
    return {kind: one.get(kind, IdSet()) | other.get(kind, IdSet()) for kind in one.keys() | other.keys()}


def _less(ids: Ids, *others: Ids) -> Ids:
    left: Ids = {}
    for kind, some in ids.items():
        for other in others:
            some = some - other.get(kind, IdSet())
        if some:
            left[kind] = some
    return left
