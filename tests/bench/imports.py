"""Whole imports through the connector's API, from `start` to `completed`, Jira at 30 ms latency."""

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from pydantic import SecretStr

from deploy.embedded.account import account
from deploy.embedded.demo import peak_memory
from deploy.embedded.loopback import loopback
from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.stack import Stack
from deploy.embedded.wizard import Wizard
from shared.mongo import open_store
from shared.settings import MongoSettings
from shared.state import State

DATA: Final = Path(__file__).parents[2].parent / "shared" / "jira" / "data"
LATENCY_MS: Final = 30


@dataclass(frozen=True, slots=True)
class Case:
    """One row: what is imported, what Windshift's own importer needs for it, and our goal."""

    title: str
    simulator: SimulatorOptions
    incumbent: str
    goal: str


def _cloud(*extra: str) -> SimulatorOptions:
    return SimulatorOptions(
        issues=2000, projects=1, latency_ms=LATENCY_MS, extra=("--no-attachments", *extra)
    )


def _data_center(files: str, *extra: str) -> SimulatorOptions:
    data = ",".join(str(DATA / f"{name}.ndjson.gz") for name in files.split(","))
    return SimulatorOptions(
        deployment="datacenter", data=data, latency_ms=LATENCY_MS, attachment_max_bytes=65536, extra=extra
    )


CASES: Final = {
    "cloud": Case(
        "Cloud, 2,000 issues", _cloud(), "7.96 s, 41 requests, incomplete", "3.0 s, 60 requests, complete"
    ),
    "no-email": Case(
        "the same, users without e-mail",
        _cloud("--users-without-email"),
        "103.6 s, 1,041 requests, authors lost",
        "as above",
    ),
    "ac": Case(
        "ac, Data Center, attachments of 64 KiB at most",
        _data_center("ac"),
        "318.8 s, 3,194 requests",
        "32 s",
    ),
    "ac-text": Case(
        "ac without attachments",
        _data_center("ac", "--no-attachments"),
        "21.1 s, 93 requests, 542 MB",
        "7 s, 150 MB a service",
    ),
    "real": Case("all four real files, Data Center", _data_center("ac,aloy,mod,daemon"), "-", "-"),
}


async def main(wanted: Sequence[str] = ()) -> None:
    """Run the cases, each on servers of its own; those of real issues only where the files are."""
    for name, case in CASES.items():
        if wanted and name not in wanted:
            continue
        if case.simulator.data and not DATA.exists():
            sys.stdout.write(f"{case.title}: skipped, the files of real issues are not here\n")
            continue
        sys.stdout.write(f"\n{case.title}\n  its own importer: {case.incumbent}; goal: {case.goal}\n")
        with tempfile.TemporaryDirectory() as folder:
            await _measure(case, Path(folder))


async def _measure(case: Case, folder: Path) -> None:
    async with Stack(folder=folder, logs=folder / "logs", simulator=case.simulator) as stack:
        assert stack.simulator_url
        async with Wizard(stack.url("connector"), stack.wiring.api_token) as wizard:
            connection = (await wizard.connect(stack.simulator_url, case.simulator.login))["connection_id"]
            await _one_import("first", wizard, connection, stack)
            await _one_import("again, everything", wizard, connection, stack, full=True)
            await _one_import("delta: unchanged", wizard, connection, stack)
            await _change_some(stack.simulator_url)
            await _one_import("delta: 1 % changed", wizard, connection, stack)
        peaks = {name: f"{peak_memory(pid) / 1e6:.0f}" for name, pid in stack.pids.items()}
        sys.stdout.write(f"  peak MB: {_line(peaks)}\n")


async def _change_some(jira_url: str) -> None:
    """Edit every hundredth issue of each project."""
    async with loopback(base_url=jira_url, timeout=120) as jira:
        for key in (await jira.get("/_sim/truth")).json():
            ids = [line.strip('"') for line in (await jira.get(f"/_sim/truth/{key}/issues")).text.split()]
            edits = [{"op": "edit", "key": id_, "fields": {"summary": "changed"}} for id_ in ids[::100]]
            (await jira.post("/_sim/edits", json=edits)).raise_for_status()


async def _one_import(title: str, wizard: Wizard, connection: str, stack: Stack, **options: Any) -> None:
    keys = [project["key"] for project in await wizard.projects(connection)]
    analysis = await wizard.analyze(connection, keys)
    async with loopback(base_url=stack.simulator_url or "", timeout=120) as jira:
        await jira.delete("/_sim/requests")
        before = _cpu(stack.pids)
        began = time.monotonic()
        job_id = await wizard.start(connection, keys, analysis, **options)
        job = await wizard.ended(job_id)
        seconds = time.monotonic() - began
        spent = {name: f"{cpu - before[name]:.2f}" for name, cpu in _cpu(stack.pids).items()}
        requests = (await jira.get("/_sim/requests")).json()["total"]
        truth = (await jira.get("/_sim/truth")).json()
    closing = account(await wizard.report(job_id), truth)
    entities = sum(row.windshift for row in closing.rows)
    written = await _written(stack, job_id)
    sys.stdout.write(
        f"  {title}: {job['state']} in {seconds:.2f} s, {requests} requests, {entities} entities"
        f" ({entities / seconds:.0f}/s), {written} written, balances: {closing.balances}\n"
        f"  CPU s: {_line(spent)}\n"
    )


async def _written(stack: Stack, job_id: str) -> int:
    async with open_store(MongoSettings(url=SecretStr(stack.wiring.mongo_url))) as store:
        return sum(run.written for run in await State(store).imports.projects(job_id))


def _cpu(pids: Mapping[str, int]) -> dict[str, float]:
    return {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in pids.items()}


def _line(figures: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {figure}" for name, figure in figures.items())
