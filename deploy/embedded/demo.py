"""`make demo`: one import through the connector's API, as the wizard does it, with a closing account."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from deploy.embedded.account import account, findings, table
from deploy.embedded.loopback import loopback
from deploy.embedded.places import LOGS, RUN, fresh_run
from deploy.embedded.progress import LiveProgress
from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.stack import Stack
from deploy.embedded.wizard import RefusedError, Wizard

POLL = 0.2  # seconds; the wizard itself asks every two


async def demo(simulator: SimulatorOptions, console: Console) -> int:
    """Return 0 only if the account balances."""
    started = time.monotonic()
    with fresh_run():
        console.print("Starting Kafka, the store, the Jira simulator and the services …")
        async with Stack(folder=RUN / "state", logs=LOGS, simulator=simulator) as stack:
            console.print(f"Ready after {time.monotonic() - started:.1f} s; the logs are in .run/logs")
            return await _import(stack, simulator, console)


async def _import(stack: Stack, simulator: SimulatorOptions, console: Console) -> int:
    jira = stack.simulator_url or ""
    async with Wizard(stack.url("connector"), stack.wiring.api_token) as wizard:
        job_id, began = await _start(wizard, jira, simulator, console)
        job = await _follow(wizard, job_id, console)
        seconds = time.monotonic() - began
        report = await wizard.report(job_id)
    async with loopback(base_url=jira, timeout=120.0) as client:
        truth = (await client.get("/_sim/truth")).json()
        requests = (await client.get("/_sim/requests")).json()
    closing = account(report, truth)
    console.print(table(closing))
    console.print(f"findings: {findings(report)}", markup=False)
    console.print(
        f"{job.get('state', job['status'])} in {seconds:.2f} s with {requests['total']:,} requests to Jira"
    )
    console.print(
        "memory, peak: " + ", ".join(f"{name} {mb:.0f} MB" for name, mb in _memory(stack.pids).items())
    )
    if job.get("error_message"):
        console.print(job["error_message"], style="red", markup=False)
    balances = closing.balances and job["status"] == "completed"
    console.print("[green]It balances.[/]" if balances else "[bold red]It does NOT balance.[/]")
    return 0 if balances else 1


async def _start(
    wizard: Wizard, jira: str, simulator: SimulatorOptions, console: Console
) -> tuple[str, float]:
    """The wizard's steps up to the start of the import, and when that was."""
    connection = await wizard.connect(jira, simulator.login)
    console.print(f"Connected to {connection['instance_info']['display_name']} at {jira}", markup=False)
    keys = [project["key"] for project in await wizard.projects(connection["connection_id"])]
    if not keys:
        raise RefusedError("Jira shows no project to this login.")
    analysis = await wizard.analyze(connection["connection_id"], keys)
    console.print(f"{analysis['total_issues']:,} issues in {', '.join(keys)}", markup=False)
    began = time.monotonic()
    return await wizard.start(connection["connection_id"], keys, analysis), began


async def _follow(wizard: Wizard, job_id: str, console: Console) -> Mapping[str, Any]:
    with LiveProgress(console) as progress:
        while True:
            job = await wizard.job(job_id)
            progress.show(job)
            if job["status"] in ("completed", "failed"):
                return job
            await asyncio.sleep(POLL)


def _memory(pids: Mapping[str, int]) -> dict[str, float]:
    return {name: peak_memory(pid) / 1e6 for name, pid in pids.items()}


def peak_memory(pid: int) -> int:
    """Bytes that were resident at most; where the kernel does not keep that, now."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return int(psutil.Process(pid).memory_info().rss)
