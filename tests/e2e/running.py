"""One whole import as the wizard does it, and all that can be seen of it from outside."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pymongo import MongoClient
from pymongo.database import Database

from deploy.embedded.loopback import loopback
from deploy.embedded.stack import Stack
from deploy.embedded.wizard import Wizard
from tests.support.simulator import SimulatedJira

Json: TypeAlias = dict[str, Any]
Store: TypeAlias = Database[dict[str, Any]]
Meanwhile: TypeAlias = Callable[[Wizard, str], Awaitable[None]]

WITHIN = 120.0  # seconds for an import of a few hundred issues, when something was killed too
_POLL = 0.02
_METRIC = re.compile(r"^(jira_import_\w+?)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class World:
    """A running stack and its two databases."""

    stack: Stack
    state: Store
    windshift: Store

    @classmethod
    @contextmanager
    def of(cls, stack: Stack, state: str, windshift: str) -> Iterator["World"]:
        with MongoClient[dict[str, Any]](stack.wiring.mongo_url, tz_aware=True, retryWrites=False) as client:
            yield cls(stack, client[state], client[windshift])
            client.drop_database(state)  # the server may be one that stays
            client.drop_database(windshift)

    @property
    def jira(self) -> SimulatedJira:
        """The stack's own Jira."""
        assert self.stack.simulator is not None
        return SimulatedJira(self.stack.simulator_url or "", self.stack.simulator)

    def wizard(self) -> Wizard:
        return Wizard(self.stack.url("connector"), self.stack.wiring.api_token)

    def peak_memory(self) -> dict[str, int]:
        """Megabytes that each service held at most since it started."""
        return {name: _peak(self.stack.pid(name)) // 1024 for name in self.stack.services}

    async def metrics(self, service: str) -> dict[tuple[str, str], float]:
        """The project's own metrics of a service, by name and labels."""
        async with loopback() as http:
            text = (await http.get(f"{self.stack.url(service)}/metrics")).text
        return {(name, labels or ""): float(value) for name, labels, value in _METRIC.findall(text)}


class StreamEvent(NamedTuple):
    """One Server-Sent Event; the last one of a stream has no id."""

    id: tuple[int, int] | None
    type: str
    data: Json


@dataclass(frozen=True)
class Ended:
    """What an import left behind in the connector's API and in its state."""

    id: str
    site: str
    job: Json
    report: Json
    events: list[StreamEvent]
    written: int


async def run_import(
    world: World,
    jira: SimulatedJira,
    meanwhile: Meanwhile | None = None,
    *,
    faults: Sequence[Json] = (),
    **options: Any,
) -> Ended:
    """Connect, choose every project, start, follow; `meanwhile` runs beside it and must end too.

    `faults` are what goes wrong in Jira from the start on. `options` are those of `start`.
    """
    async with world.wizard() as wizard, asyncio.timeout(WITHIN):
        connection = str((await wizard.connect(jira.url, jira.login))["connection_id"])
        keys = options.pop("project_keys", None) or [one["key"] for one in await wizard.projects(connection)]
        analysis = await wizard.analyze(connection, keys)
        if faults:
            await jira.faults(*faults)
        job_id = await wizard.start(connection, keys, analysis, **options)
        async with asyncio.TaskGroup() as group:
            events = group.create_task(_events(world, job_id))
            job = group.create_task(_ended(wizard, job_id))
            if meanwhile is not None:
                group.create_task(_run(meanwhile(wizard, job_id)))
        report = await wizard.report(job_id)
    stored = world.state["imports"].find_one({"_id": job_id})
    assert stored is not None
    written = sum(run["written"] for run in world.state["import_projects"].find({"import_id": job_id}))
    return Ended(job_id, stored["site"], job.result(), report, events.result(), written)


async def in_the_middle(wizard: Wizard, job_id: str) -> None:
    """Return when some of the issues are loaded; fail when that was never seen."""
    while True:
        job = await wizard.job(job_id)
        assert job["status"] in ("queued", "running"), f"{job['status']} before anybody saw its middle"
        if job["progress"]["imported_issues"]:
            return
        await asyncio.sleep(_POLL)


def assert_completed(ended: Ended) -> None:
    """The job, its closing account and its stream of events agree that everything arrived."""
    job, report = ended.job, ended.report
    assert (job["status"], job["state"]) == ("completed", "completed"), job
    assert job["progress"]["failed_issues"] == 0
    assert job["progress"]["imported_issues"] == job["progress"]["total_issues"]
    assert (report["balanced"], report["identical"]) == (True, True), report
    for project in report["projects"]:
        assert project["tasks_failed"] == []
        for kind, account in project["kinds"].items():
            assert account["jira"] == account["windshift"], (project["key"], kind, account)
            stands_out = [account[name] for name in ("missing", "extra", "different", "dead_lettered")]
            assert stands_out == [[], [], [], []], (project["key"], kind, account)
    _assert_told_in_order(ended)


def _assert_told_in_order(ended: Ended) -> None:
    *told, last = [event for event in ended.events if event.type != "outlook"]  # those are not kept
    ids = [event.id for event in told if event.id is not None]
    assert len(ids) == len(told)
    assert ids == sorted(set(ids))
    closed = {event.data["project_key"] for event in told if event.type == "project_loaded"}
    assert closed == {project["key"] for project in ended.report["projects"]}
    assert (last.type, last.id) == ("end", None)
    assert last.data["state"] == ended.job["state"]


async def _run(awaitable: Awaitable[None]) -> None:
    await awaitable


async def _ended(wizard: Wizard, job_id: str) -> Json:
    while (job := await wizard.job(job_id))["status"] not in ("completed", "failed"):
        await asyncio.sleep(_POLL)
    return job


async def _events(world: World, job_id: str) -> list[StreamEvent]:
    """Read the stream until the connector ends it."""
    url = f"{world.stack.url('connector')}/api/admin/jira-import/jobs/{job_id}/events"
    token = {"Authorization": f"Bearer {world.stack.wiring.api_token}"}
    async with loopback(headers=token, timeout=30) as http:
        text = (await http.get(url)).raise_for_status().text
    return [_event(block) for block in text.split("\n\n") if "data:" in block]


def _event(block: str) -> StreamEvent:
    fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
    partition, offset = fields["id"].split("-") if "id" in fields else ("", "")
    return StreamEvent(
        (int(partition), int(offset)) if partition else None, fields["event"], json.loads(fields["data"])
    )


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])
