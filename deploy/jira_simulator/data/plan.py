"""The arithmetic of generated issues: everything about issue N follows from the seed and N alone."""

from collections.abc import Mapping
from dataclasses import dataclass

_MASK = (1 << 64) - 1
_START = 1_330_000_000_000  # February 2012: a million issues then end before today
_STEP = 433_000  # a bit over seven minutes between two issues
_MINUTE = 60_000
HUB_POSITION = 6
_ORDINARY = {"comments": 3, "worklogs": 1, "histories": 2}
# Ids of hub entries start here, far above those of ordinary issues, so that neither needs the other's length.
HUB_IDS = 5_000_000_000


def mix(*numbers: int) -> int:
    """A well spread 64-bit number (splitmix64) from a few small ones."""
    state = 0
    for number in numbers:
        state = (state ^ number) * 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 29) * 0xBF58476D1CE4E5B9 & _MASK
    return state ^ state >> 32


@dataclass(frozen=True, slots=True)
class Spread:
    """How many issues there are and how they lie in projects and in time."""

    seed: int
    issues: int
    projects: int
    same_minute: int = 0
    hub: Mapping[str, int] | None = None  # the lengths of the hub issue's lists, if there is one
    bare: bool = False  # nothing hangs on the other issues

    def size(self, project: int) -> int:
        return self.issues // self.projects + (project < self.issues % self.projects)

    def ordinal(self, project: int, position: int) -> int:
        return position * self.projects + project

    def place(self, ordinal: int) -> tuple[int, int] | None:
        if not 0 <= ordinal < self.issues:
            return None
        return ordinal % self.projects, ordinal // self.projects

    def created(self, ordinal: int) -> int:
        crowd = self.issues // 3
        inside = ordinal - crowd
        if self.same_minute and 0 <= inside < self.same_minute:
            minute = (_START + crowd * _STEP) // _MINUTE * _MINUTE
            return minute + inside * (_MINUTE - 1) // self.same_minute
        later = _MINUTE if self.same_minute and inside >= 0 else 0
        return _START + ordinal * _STEP + later + mix(self.seed, ordinal, 1) % (_STEP - _MINUTE)

    def updated(self, ordinal: int) -> int:
        return self.created(ordinal) + mix(self.seed, ordinal, 2) % (40 * 86_400_000)

    def is_hub(self, project: int, position: int) -> bool:
        return self.hub is not None and project == 0 and position == HUB_POSITION

    def count(self, kind: str, project: int, position: int) -> int:
        if self.hub is not None and self.is_hub(project, position):
            return self.hub[kind]
        return 0 if self.bare else _ORDINARY[kind]

    def type_of(self, position: int) -> str:
        if position % 50 == 0:
            return "Epic"
        return _TYPES[position % 10]

    def parent(self, project: int, position: int) -> int | None:
        """The position of the parent: a story for a sub-task, an epic for the rest."""
        kind = self.type_of(position)
        if kind == "Epic":
            return None
        return position - 2 if kind == "Sub-task" else position - position % 50

    def children(self, project: int, position: int) -> list[int]:
        child = position + 2
        if position % 10 in (2, 6) and child < self.size(project):
            return [child]
        return []

    def was_moved(self, position: int) -> bool:
        """Whether an issue lived in another project once: its old key still finds it."""
        return position % 89 == 20

    # Few issues: each costs an importer a request.
    def has_remote_links(self, position: int) -> bool:
        return position % 500 == 17

    def watchers(self, position: int) -> int:
        return 2 if position % 500 == 11 else 0

    def votes(self, position: int) -> int:
        return 3 if position % 500 == 13 else 0

    def files(self, position: int) -> int:
        return 3 if position % 200 == 31 else int(position % 20 == 11)

    def links(self, project: int, position: int) -> list[tuple[int, int, int, bool]]:
        """(link id, other project, other position, outward): both ends name the same id."""
        found = []
        if position % 7 == 3:
            found.append((self._link(project, position, 0), project, position - 2, True))
        if (position + 2) % 7 == 3 and position + 2 < self.size(project):
            found.append((self._link(project, position + 2, 0), project, position + 2, False))
        if self.projects > 1 and position % 41 == 5:
            after, before = (project + 1) % self.projects, (project - 1) % self.projects
            if position < self.size(after):
                found.append((self._link(project, position, 1), after, position, True))
            if position < self.size(before):
                found.append((self._link(before, position, 1), before, position, False))
        return found

    def _link(self, project: int, position: int, which: int) -> int:
        return 10_000 + self.ordinal(project, position) * 2 + which


_TYPES = ("Story", "Story", "Task", "Bug", "Sub-task", "Story", "Task", "Bug", "Sub-task", "Task")
