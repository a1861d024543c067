"""What one task brought: entities to publish, tasks that follow, letters for what Jira would not give."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.fetcher.found import Found, Origin
from shared.contracts.events import EntityFetched
from shared.kinds import EntityKind
from shared.state.dead_letters import DeadLetter
from shared.state.ledger import Task


@dataclass(slots=True)
class Outcome:
    """The result of a task, before any of it is published.

    `totals` is what the task adds to the numbers known to be in Jira (for the progress bar).
    """

    entities: list[EntityFetched] = field(default_factory=list)
    follow_ups: list[Task] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    _seen: set[tuple[EntityKind, str]] = field(default_factory=set)

    def manifest(self) -> dict[EntityKind, set[str]]:
        """Return the ids of all entities by kind."""
        ids: dict[EntityKind, set[str]] = defaultdict(set)
        for entity in self.entities:
            ids[entity.kind].add(entity.id)
        return dict(ids)

    def add(self, origin: Origin, found: Iterable[Found]) -> None:
        """Add what was found; the first of several with one id is kept (a page names a user many times)."""
        for one in found:
            identity = one.kind, one.id
            if identity not in self._seen:
                self._seen.add(identity)
                self.entities.append(origin.entity(one))
