"""One round: an import, what goes wrong meanwhile, and how the end compares with an undisturbed import."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import httpx

from deploy.embedded.wizard import RefusedError, Wizard
from shared.ids import site_id
from tests.chaos.following import Follower
from tests.chaos.picture import Picture
from tests.chaos.plan import Fault, faults
from tests.chaos.world import World
from tests.e2e.holdings import assert_holds_all
from tests.e2e.running import Json
from tests.support.simulator import SimulatedJira

T = TypeVar("T")

STUCK: Final = 120.0  # seconds after the last fault; an undisturbed import takes a tenth of that
_POLL: Final = 0.2
_ENDED: Final = ("completed", "failed")


@dataclass(frozen=True)
class Truth:
    """An undisturbed import of the same issues, which was compared with the simulator's own account."""

    seconds: float
    picture: Picture
    counters: Json
    tasks: frozenset[str]


@dataclass
class Outcome:
    """What became of a round; everything but `repeated` and `seconds` should be empty."""

    seed: int
    number: int
    faults: list[Fault]
    seconds: float = 0.0
    stuck: str = ""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # counters, reports, ledger, events, health
    repeated: int = 0  # tasks that were begun more than once, and how often

    @property
    def good(self) -> bool:
        return not (self.stuck or self.lost or self.doubled or self.changed or self.wrong)

    def __str__(self) -> str:
        bad = {name: getattr(self, name) for name in ("stuck", "lost", "doubled", "changed", "wrong")}
        said = "; ".join(f"{name}: {str(what)[:2000]}" for name, what in bad.items() if what)
        what = ", ".join(map(str, self.faults)) or "nothing"
        return f"round {self.number} of seed {self.seed}: {what}: {said or 'good'}"


async def undisturbed(world: World) -> Truth:
    """Import once without faults, and hold that against what the simulator really has."""
    host = "jira-truth.test"
    simulator, jira = await world.jira(host)
    try:
        async with world.wizard() as wizard:
            began = time.monotonic()
            job_id = await _started(wizard, jira)
            job = await _ended(wizard, job_id)
            seconds = time.monotonic() - began
            report = await wizard.report(job_id)
        assert (job["state"], report["identical"]) == ("completed", True), (job, report)
        await assert_holds_all(world.windshift, jira, site_id(f"http://{host}"))
    finally:
        await simulator.stop()
    return Truth(seconds, Picture.of(world.windshift, host), _counters(job, report), _done(world, job_id))


async def play(world: World, truth: Truth, *, seed: int, number: int) -> Outcome:
    """Run a round and look closely at its end."""
    outcome = Outcome(seed, number, faults(seed, number))
    host = f"jira-{number:05}.test"
    simulator, jira = await world.jira(host)
    began = time.monotonic()
    try:
        await _disturbed(world, jira, truth, outcome, host)
    except TimeoutError:
        outcome.stuck = outcome.stuck or "the wizard never got an answer"
    finally:
        outcome.seconds = time.monotonic() - began
        await simulator.stop()
    return outcome


async def _disturbed(world: World, jira: SimulatedJira, truth: Truth, outcome: Outcome, host: str) -> None:
    """`start` itself may be hit too: whoever got no answer looks for the job, and else starts again."""
    buried = await world.buried()
    async with world.wizard() as wizard:
        job_id = await _started(wizard, jira)
        async with Follower(world, job_id) as follower:
            async with world.supervised(), asyncio.TaskGroup() as group:
                for fault in outcome.faults:
                    group.create_task(_in_time(world, fault, truth.seconds))
            outcome.wrong += [f"not ready: {name}" for name in await world.well()]
            try:
                async with asyncio.timeout(STUCK):
                    job = await _ended(wizard, job_id)
            except TimeoutError:
                outcome.stuck = f"{await wizard.job(job_id)}; open: {_open(world, job_id)}"
                return
            report = await _persistently(lambda: wizard.report(job_id))
            outcome.wrong += await follower.complaints(job)
    picture = Picture.of(world.windshift, host)
    outcome.lost, outcome.doubled = truth.picture.lost(picture), list(picture.doubles)
    outcome.doubled += picture.lost(truth.picture)
    outcome.changed = truth.picture.changed(picture)
    outcome.wrong += _different(truth.counters, _counters(job, report))
    outcome.wrong += sorted(truth.tasks ^ _done(world, job_id))
    outcome.wrong += [f"buried on {topic}" for topic in (await world.buried() - buried)]
    outcome.repeated = sum(
        task["claims"] - 1 for task in world.state["tasks"].find({"import_id": job_id}, {"claims": 1})
    )


async def _in_time(world: World, fault: Fault, horizon: float) -> None:
    await asyncio.sleep(fault.at * horizon)
    await world.happen(fault)


async def _started(wizard: Wizard, jira: SimulatedJira) -> str:
    connection = str((await wizard.connect(jira.url, jira.login))["connection_id"])
    keys = [project["key"] for project in await wizard.projects(connection)]
    return await wizard.start(connection, keys, await wizard.analyze(connection, keys))


async def _ended(wizard: Wizard, job_id: str) -> Json:
    while (job := await _persistently(lambda: wizard.job(job_id)))["status"] not in _ENDED:
        await asyncio.sleep(_POLL)
    return job


async def _persistently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is an answer, as a browser's user does."""
    while True:
        with suppress(httpx.TransportError, RefusedError):
            return await ask()
        await asyncio.sleep(_POLL)


def _counters(job: Json, report: Json) -> Json:
    """Everything that is counted for people, of a job that has ended."""
    return {
        "state": job["state"],
        "error": job.get("error_message"),
        "progress": job["progress"] | {"current_project": ""},
        "projects": {one["key"]: (one["state"], one["totals"], one["loaded"]) for one in job["projects"]},
        "report": (report["balanced"], report["identical"], report["unplaced"]),
        "accounts": {one["key"]: one["kinds"] for one in report["projects"]},
        "findings": {
            one["key"]: {code: found["count"] for code, found in one["findings"].items()}
            for one in report["projects"]
        },
        "failed": {one["key"]: one["tasks_failed"] for one in report["projects"]},
    }


def _different(one: Json, other: Json) -> list[str]:
    return [f"{name}: {other[name]}, not {one[name]}" for name in one if one[name] != other[name]]


def _done(world: World, job_id: str) -> frozenset[str]:
    """Every task with how it ended and what it says that it published."""
    tasks = world.state["tasks"].find({"import_id": job_id})
    return frozenset(
        f"{task['_id'].removeprefix(job_id)} {task['state']}"
        f" {_count(task.get('manifest') or {})} {len(task.get('issues') or ())}"
        for task in tasks
    )


def _count(manifest: Json) -> dict[str, int]:
    return {kind: len(ids) for kind, ids in sorted(manifest.items())}


def _open(world: World, job_id: str) -> Any:
    """What is left to do of an import that is stuck."""
    tasks = Counter(
        task["kind"] for task in world.state["tasks"].find({"import_id": job_id, "state": "pending"})
    )
    return dict(tasks), [
        (run["project_key"], run["state"], run.get("fetched_at"), run.get("markers"))
        for run in world.state["import_projects"].find({"import_id": job_id})
    ]
