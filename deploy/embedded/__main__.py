"""`python -m deploy.embedded demo|up|lock`; each flag defaults to the variable that `make` passes."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from rich.console import Console

from deploy.embedded.demo import demo
from deploy.embedded.jars import write_lock
from deploy.embedded.places import StackRunsError
from deploy.embedded.processes import StartFailedError
from deploy.embedded.simulator import LOGINS, SimulatorOptions
from deploy.embedded.up import up
from deploy.embedded.wizard import RefusedError

INTERRUPTED = 130
OURS = (StackRunsError, StartFailedError, RefusedError)


def main() -> int:
    arguments = _parser().parse_args()
    console = Console(highlight=False)
    if arguments.command == "lock":
        console.print(f"{len(write_lock())} jars locked")
        return 0
    try:
        return asyncio.run(_run(arguments, console))
    except OURS as error:
        failures: list[BaseException] = [error]
    except (
        BaseExceptionGroup
    ) as group:  # several things started at once, and all that failed did so for a reason
        if group.split(OURS)[1]:
            raise
        failures = _leaves(group)
    for failure in failures:
        console.print(str(failure), style="red", markup=False)
    return 1


async def _run(arguments: argparse.Namespace, console: Console) -> int:
    task = asyncio.current_task()
    if task is not None:
        # SIGINT too: a shell starts background jobs with it ignored. A second one cuts grace times short.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    options = _simulator(arguments)
    try:
        if arguments.command == "demo":
            return await demo(options, console)
        await up(options if arguments.simulator else None, console)
    except asyncio.CancelledError:
        return 0 if arguments.command == "up" else INTERRUPTED
    return 0


def _simulator(arguments: argparse.Namespace) -> SimulatorOptions:
    limit = arguments.attachment_max_bytes
    for file in filter(None, arguments.data.split(",")):
        if not Path(file).is_file():
            raise StartFailedError(f"DATA names {file}, and there is no such file.")
    return SimulatorOptions(
        deployment=arguments.deployment,
        data=arguments.data,
        issues=arguments.issues,
        projects=arguments.projects,
        latency_ms=arguments.latency_ms,
        attachment_max_bytes=int(limit) if limit else None,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded", description=__doc__)
    parser.add_argument("command", choices=("demo", "up", "lock"))
    parser.add_argument("--data", default=_given("DATA", ""), help="files of real issues, with commas")
    parser.add_argument("--deployment", choices=tuple(LOGINS), default=_given("DEPLOYMENT", "cloud"))
    parser.add_argument("--issues", type=int, default=_given("ISSUES", "500"))
    parser.add_argument("--projects", type=int, default=_given("PROJECTS", "2"))
    parser.add_argument("--latency-ms", type=float, default=_given("LATENCY_MS", "0"))
    parser.add_argument("--attachment-max-bytes", default=_given("ATTACHMENT_MAX_BYTES", ""))
    parser.add_argument(
        "--no-simulator", dest="simulator", action="store_false", default=_given("WITH_SIMULATOR", "1") != "0"
    )
    return parser


def _given(variable: str, otherwise: str) -> str:
    return os.environ.get(variable) or otherwise


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """What really went wrong, out of the nested groups of tasks."""
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return leaves


if __name__ == "__main__":
    sys.exit(main())
