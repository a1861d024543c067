"""Time and memory over size: `python -m tests.bench.huge 10000 issue projects`, or `make bench ONLY=huge`.

A size is a number of issues in one project, each with what generated issues have: comments, worklogs,
history, files. `--lean` leaves all of that out, so that a million issues end within an hour. `issue` is one
issue with 50,000 comments, a description of 5 MB and a file of 2 GB, in the larger of two projects. And
`projects` are 5,000 of two issues each, all in one import.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import psutil

from deploy.embedded.demo import peak_memory
from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.stack import Stack
from deploy.embedded.wizard import Wizard

SIZES: Final = ("10000", "100000")
LEAN: Final = ("--no-attachments", "--no-hub-issue", "--bare")
ISSUE: Final = (
    *("--hub-comments", "50000", "--hub-description", "5000000"),
    *("--file-size", f"30088={2 * 2**30}"),  # of issue #12 of the first of two projects
)
T = TypeVar("T")
_PATIENCE: Final = 1_800.0  # seconds for one answer of the connector: the report compares every document
_REPORTED: Final = 300_000  # issues; for a report of more the embedded store takes all the memory there is
_EVERY: Final = 30.0  # seconds between two lines of a long import


async def main(arguments: Sequence[str] = ()) -> None:
    """Run each case on servers of its own."""
    flags = LEAN if "--lean" in arguments else ()
    for case in [one for one in arguments if not one.startswith("--")] or SIZES:
        if case == "issue":
            options = SimulatorOptions(issues=60, projects=2, extra=ISSUE)
        elif case == "projects":
            options = SimulatorOptions(issues=10_000, projects=5_000, extra=LEAN)
        else:
            options = SimulatorOptions(issues=int(case), projects=1, attachment_max_bytes=2_000, extra=flags)
        with tempfile.TemporaryDirectory() as folder:
            await _measure(case, options, Path(folder))


async def _measure(case: str, jira: SimulatorOptions, folder: Path) -> None:
    async with (
        Stack(folder=folder, logs=folder / "logs", simulator=jira) as stack,
        Wizard(stack.url("connector"), stack.wiring.api_token, patience=_PATIENCE) as wizard,
    ):
        assert stack.simulator_url
        connection = (await wizard.connect(stack.simulator_url, jira.login))["connection_id"]
        keys = [project["key"] for project in await wizard.projects(connection)]
        analysis, seconds = await _timed(wizard.analyze(connection, keys))
        _say(f"\n{case}: analysed in {seconds:.1f} s; idle {_memory(stack)}")
        began = time.monotonic()
        job_id = await wizard.start(connection, keys, analysis)
        watching = asyncio.create_task(_watch(wizard, job_id, stack, began))
        job = await wizard.ended(job_id)
        seconds = time.monotonic() - began
        watching.cancel()
        _say(
            f"  {job['state']} in {seconds:.0f} s, {job['progress']['imported_issues']:,} issues;"
            f" peak {_peak(stack)}"
        )
        if jira.issues > _REPORTED:
            return
        report, reported = await _timed(wizard.report(job_id))
        entities = sum(sum(project["loaded"].values()) for project in job["projects"])
        _say(
            f"  {entities:,} entities ({entities / seconds:.0f}/s);"
            f" report of {len(report['projects'])} projects in {reported:.1f} s,"
            f" balances: {report['balanced']}; peak {_peak(stack)}"
        )


async def _watch(wizard: Wizard, job_id: str, stack: Stack, began: float) -> None:
    """Tell how far the import is, and which of its projects are loaded."""
    while True:
        await asyncio.sleep(_EVERY)
        job = await wizard.job(job_id)
        progress, loaded = (
            job["progress"],
            [one["key"] for one in job["projects"] if one["state"] == "completed"],
        )
        _say(
            f"  {time.monotonic() - began:5.0f} s: {progress['imported_issues']:,} of"
            f" {progress['total_issues']:,} issues, {progress['imported_comments']:,} comments;"
            f" loaded: {len(loaded)} of {len(job['projects'])} projects; {_memory(stack)}"
        )


async def _timed(asked: Awaitable[T]) -> tuple[T, float]:
    began = time.monotonic()
    return await asked, time.monotonic() - began


def _memory(stack: Stack) -> str:
    return _line({name: psutil.Process(pid).memory_info().rss for name, pid in stack.pids.items()})


def _peak(stack: Stack) -> str:
    return _line({name: peak_memory(pid) for name, pid in stack.pids.items()})


def _line(sizes: Mapping[str, int]) -> str:
    return "MB: " + ", ".join(f"{name} {size / 1e6:.0f}" for name, size in sizes.items())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
