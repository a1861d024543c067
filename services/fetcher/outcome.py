"""What one task brought: entities to publish, tasks that follow, letters for what Jira would not give."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from services.fetcher.found import Found, Origin
from shared.contracts.events import EntityFetched
from shared.kinds import EntityKind
from shared.state.dead_letters import DeadLetter
from shared.state.ledger import Fate, Task

_Ids: TypeAlias = dict[EntityKind, set[str]]


@dataclass(slots=True)
class Outcome:
    """The result of a task, before any of it is published.

    `totals` is what the task adds to the numbers known to be in Jira (for the progress bar). `manifest` has
    the ids of what belongs to no issue; `issues` those of each issue and of what hangs on it.
    """

    entities: list[EntityFetched] = field(default_factory=list)
    follow_ups: list[Task] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    fates: dict[Fate, list[str]] = field(default_factory=lambda: defaultdict(list))
    manifest: _Ids = field(default_factory=lambda: defaultdict(set))
    issues: dict[str, _Ids] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    _seen: set[tuple[EntityKind, str]] = field(default_factory=set)

    def add(self, origin: Origin, found: Iterable[Found]) -> None:
        """Add what was found; the first of several with one id is kept (a page names a user many times)."""
        for one in found:
            ids = self.issues[one.owner] if one.owner else self.manifest
            ids[one.kind].add(one.id)
            identity = one.kind, one.id
            if identity not in self._seen:
                self._seen.add(identity)
                self.entities.append(origin.entity(one))
