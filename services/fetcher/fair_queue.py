"""The tasks that a fetcher has read and not done: who is next, fair to sites, imports and projects.

Kafka hands tasks over in the order of their partitions, where ten thousand tasks of a huge project may lie
before the three of a small one. Here each site has places of its own, and within a site the import with the
fewest tasks under way is next, then the project with the fewest: slow ones can't take more than their share.
What Jira's limit holds back for long takes no place at all.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from aiokafka import ConsumerRecord


@dataclass(frozen=True, slots=True)
class Job:
    """One record of the task topic, and whose it is."""

    record: ConsumerRecord
    site: str
    import_id: str
    project: str
    kind: str = ""
    urgent: bool = False  # before the project's other tasks: many others follow from it


@dataclass(slots=True)
class _Site:
    waiting: OrderedDict[str, OrderedDict[str, deque[Job]]] = field(default_factory=OrderedDict)
    running: Counter[str] = field(default_factory=Counter)  # by import
    projects: Counter[tuple[str, str]] = field(default_factory=Counter)  # by import and project
    held_back: dict[str, list[Job]] = field(default_factory=dict)  # by kind


class FairQueue:
    """Holds jobs until a place of their site is free; no I/O, no waiting."""

    def __init__(self, places: int) -> None:
        """`places` bounds the jobs of one site that run side by side in this process."""
        self._places = places
        self._sites: dict[str, _Site] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, job: Job, *, front: bool = False) -> None:
        """Enter a job behind those of its project, or before them."""
        site = self._sites.setdefault(job.site, _Site())
        self._length += 1
        if job.kind in site.held_back:
            held = site.held_back[job.kind]
            held.insert(0 if front else len(held), job)
            return
        jobs = site.waiting.setdefault(job.import_id, OrderedDict()).setdefault(job.project, deque())
        if front or job.urgent:
            jobs.appendleft(job)
        else:
            jobs.append(job)

    def hold_back(self, site: str, kind: str) -> None:
        """Start none of the site's jobs of a kind until `let_go`: others need not try what one could not."""
        place = self._sites.setdefault(site, _Site())
        if kind in place.held_back:
            return
        jobs, place.waiting = _jobs(place), OrderedDict()
        place.held_back[kind] = []
        self._length -= len(jobs)
        for job in jobs:
            self.put(job)

    def let_go(self, site: str, kind: str) -> None:
        """Let the jobs of a kind run again; they stand before those that came later."""
        jobs = self._sites[site].held_back.pop(kind)
        self._length -= len(jobs)
        for job in reversed(jobs):
            self.put(job, front=True)
        self._tidy(site)

    def take(self) -> Job | None:
        """Return the next job that may run now, and count it as running until `free`."""
        for site in self._sites.values():
            if site.waiting and (job := self._take_from(site)):
                return job
        return None

    def has_more(self, job: Job) -> bool:
        """Tell whether another job of the same project waits."""
        site = self._sites.get(job.site)
        projects = site.waiting.get(job.import_id) if site else None
        return bool(projects and projects.get(job.project))

    def free(self, job: Job) -> None:
        """Give the place of a job back."""
        site = self._sites[job.site]
        site.running -= Counter([job.import_id])  # forgets what reaches zero
        site.projects -= Counter([(job.import_id, job.project)])
        self._tidy(job.site)

    def drop(self, unwanted: Callable[[Job], bool]) -> None:
        """Forget the waiting jobs that match: another fetcher has them now."""
        kept = [job for site in self._sites.values() for job in _all_jobs(site) if not unwanted(job)]
        for site in self._sites.values():
            site.waiting.clear()
            for jobs in site.held_back.values():
                jobs.clear()
        self._length = 0
        for job in kept:
            self.put(job)

    def _tidy(self, name: str) -> None:
        site = self._sites[name]
        if not site.waiting and not site.running and not site.held_back:
            del self._sites[name]

    def _take_from(self, site: _Site) -> Job | None:
        import_id = _next(site.waiting, site.running.__getitem__, self._places)
        taken = site.running.total()
        # The first job of an import need not wait until a slow one of another import gives its place back.
        if taken >= self._places and (site.running[import_id] or taken >= 2 * self._places):
            return None
        projects = site.waiting[import_id]
        project = _next(projects, lambda key: site.projects[import_id, key], self._places)
        job = projects[project].popleft()
        _give_turn(projects, project)
        _give_turn(site.waiting, import_id)
        site.running[import_id] += 1
        site.projects[import_id, project] += 1
        self._length -= 1
        return job


def _jobs(site: _Site) -> list[Job]:
    return [job for projects in site.waiting.values() for jobs in projects.values() for job in jobs]


def _all_jobs(site: _Site) -> list[Job]:
    return [*chain.from_iterable(site.held_back.values()), *_jobs(site)]


def _next(turns: OrderedDict[str, Any], running: Callable[[str], int], places: int) -> str:
    """Return the key with the fewest running jobs, of several the one whose turn was longest ago.

    So many keys further on there is one with none, since no more jobs than that can run.
    """
    return min(islice(turns, 2 * places + 1), key=running)


def _give_turn(turns: OrderedDict[str, Any], key: str) -> None:
    """Put a key behind the others, or away when it has nothing left."""
    if turns[key]:
        turns.move_to_end(key)
    else:
        del turns[key]
