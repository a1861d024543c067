"""What a running import waits for, and how long it will take: from how fast it was lately."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from shared.kinds import ACTIVE_STATES, FINAL_STATES, OF_AN_ISSUE, TaskKind, WaitingFor
from shared.state import State
from shared.state.imports import Import, ProjectRun
from shared.state.sites import SiteState

_WINDOW: Final = timedelta(minutes=1)  # what happened before says little about Jira's limit now
_FRESH: Final = timedelta(seconds=2)  # callers poll more often than the store should be asked
_SHARE: Final = 20  # with ten thousand tasks to count, the store is asked for a twentieth of the time at most
_KNOWN: Final = 1000  # imports
_ENOUGH: Final = 5  # tasks; from fewer, nothing can be told


@dataclass(frozen=True, slots=True)
class Outlook:
    """`eta_seconds` is None where it cannot be told, `waiting_for` where nothing holds the import up."""

    waiting_for: WaitingFor | None = None
    eta_seconds: int | None = None


@dataclass(slots=True)
class Reach:
    """How far the projects of an import are; fed one by one, since all of thousands would take megabytes."""

    done: Counter[TaskKind] = field(default_factory=Counter)  # tasks
    read: int = 0  # records
    loaded: int = 0  # of those, or dead-lettered
    open: int = 0  # projects
    unread: int = 0  # open ones of which Jira still has something

    def add(self, run: ProjectRun) -> None:
        """Add a project."""
        self.done.update({kind: run.tasks[kind] for kind in TaskKind if kind in run.tasks})
        self.read += sum(run.totals.get(kind, 0) for kind in OF_AN_ISSUE)
        self.loaded += sum(run.loaded.get(kind, 0) for kind in OF_AN_ISSUE) + run.dead_lettered
        if run.state not in FINAL_STATES:
            self.open += 1
            self.unread += run.fetched_at is None


class Sample(NamedTuple):
    """How far an import was at a moment."""

    at: datetime
    tasks: int  # that are done
    loaded: int  # records


@dataclass(slots=True)
class _Course:
    samples: deque[Sample]
    outlook: Outlook = field(default_factory=Outlook)
    fresh: timedelta = _FRESH


class Outlooks:
    """Remembers the course of each import that somebody asks about; after a restart it begins anew."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._courses: dict[str, _Course] = {}

    async def of(self, import_: Import) -> Outlook:
        """Return the outlook of an import, some seconds old at most; an empty one unless it is running."""
        if import_.state not in ACTIVE_STATES:
            self._courses.pop(import_.id, None)
            return Outlook()
        now = datetime.now(UTC)
        course = self._courses.get(import_.id)
        if course is None:
            begin = Sample(import_.started_at or import_.created_at, 0, 0)
            course = self._courses[import_.id] = _Course(deque([begin]))
            while len(self._courses) > _KNOWN:
                del self._courses[next(iter(self._courses))]
        elif now - course.samples[-1].at < course.fresh:
            return course.outlook
        reach = Reach()
        async for run in self._state.imports.each_project(import_.id):
            reach.add(run)
        site = await self._state.sites.state_of(import_.site)
        pending = await self._state.ledger.count_pending(import_.id)
        course.fresh = max(_FRESH, _SHARE * (datetime.now(UTC) - now))
        _extend(course.samples, Sample(now, reach.done.total(), reach.loaded))
        course.outlook = Outlook(
            waiting_for(reach, site), eta(reach, pending, course.samples[0], course.samples[-1], site)
        )
        return course.outlook


def waiting_for(reach: Reach, site: SiteState) -> WaitingFor | None:
    """Return what holds an import up most: in the fetchers' words while Jira is read, then the store."""
    if not reach.unread:
        return WaitingFor.STORE if reach.open else None
    if site.limited_until is not None or WaitingFor.JIRA_LIMIT in site.waiting_for:
        return WaitingFor.JIRA_LIMIT
    return next((word for word, _ in Counter(site.waiting_for).most_common(1)), None)


def eta(
    reach: Reach,
    pending: Mapping[TaskKind, int],
    before: Sample,
    now: Sample,
    site: SiteState,
) -> int | None:
    """Return the seconds that the rest takes at the pace of late, behind a pause that Jira asked for.

    None while issues are still listed, and where nothing has moved.
    """
    if pending.get(TaskKind.LIST) or pending.get(TaskKind.PROJECT):
        return None
    tasks = _left(reach.done, pending)
    fetching = _seconds(tasks, now.tasks - before.tasks, now.at - before.at)
    loading = _seconds(reach.read - reach.loaded, now.loaded - before.loaded, now.at - before.at)
    if fetching is None or loading is None or (tasks and now.tasks < _ENOUGH):
        return None
    pause = (site.limited_until - now.at).total_seconds() if tasks and site.limited_until else 0.0
    return round(max(fetching, loading) + max(pause, 0.0))


def _left(done: Mapping[TaskKind, int], pending: Mapping[TaskKind, int]) -> float:
    """Count the tasks that are left, with those that will follow from reading issues, at the rate so far."""
    issues, waiting = done.get(TaskKind.ISSUES, 0), pending.get(TaskKind.ISSUES, 0)
    others = sum(count for counts in (done, pending) for kind, count in counts.items() if kind in _FOLLOWING)
    return sum(pending.values()) + (waiting * others / issues if issues else 0.0)


_FOLLOWING: Final = frozenset(TaskKind) - {
    TaskKind.PROJECT,
    TaskKind.CATALOG,
    TaskKind.BOARDS,
    TaskKind.SPRINTS,
    TaskKind.LIST,
    TaskKind.ISSUES,
}


def _seconds(left: float, moved: int, within: timedelta) -> float | None:
    if left <= 0:
        return 0.0
    return left * within.total_seconds() / moved if moved > 0 else None


def _extend(samples: deque[Sample], sample: Sample) -> None:
    """Add a sample, and drop those that are older than the window; one of them stays to measure from."""
    samples.append(sample)
    while len(samples) > 2 and sample.at - samples[1].at > _WINDOW:
        samples.popleft()
