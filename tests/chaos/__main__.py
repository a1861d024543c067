"""`make chaos ROUNDS=200 SEED=7`: imports amid kills, pauses and cut networks, and a table of the outcome.

A round that went wrong is printed with its seed and number: `make chaos SEED=7 FIRST=41 ROUNDS=1` repeats it.
ISSUES says how many each import brings.
"""

import argparse
import asyncio
import os
import shutil
import sys
import time
from typing import Final

from rich.console import Console

from deploy.embedded.places import RUN
from deploy.embedded.simulator import SimulatorOptions
from tests.chaos.opening import opened
from tests.chaos.round import Outcome, play, undisturbed
from tests.chaos.table import table

_PER_STACK: Final = 20  # rounds; then the servers begin empty again, or their data would be what takes time


def main() -> int:
    arguments = _parser().parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    console = Console(highlight=False, markup=False, soft_wrap=True)
    options = SimulatorOptions(
        deployment=arguments.deployment, issues=arguments.issues, projects=3, attachment_max_bytes=65_536
    )
    numbers = range(arguments.first, arguments.first + arguments.rounds)
    console.print(f"{len(numbers)} rounds of seed {seed}, {options.issues:,} issues each")
    outcomes: list[Outcome] = []
    try:
        for start in range(0, len(numbers), _PER_STACK):
            asyncio.run(_rounds(options, seed, numbers[start : start + _PER_STACK], outcomes, console))
    finally:
        console.print(table(outcomes))
    return 0 if all(outcome.good for outcome in outcomes) else 1


async def _rounds(
    options: SimulatorOptions, seed: int, numbers: range, outcomes: list[Outcome], console: Console
) -> None:
    folder = RUN / "chaos" / f"{seed}-{numbers.start}"
    shutil.rmtree(folder, ignore_errors=True)
    async with opened(folder, options) as world:
        truth = await undisturbed(world)
        console.print(f"undisturbed: {truth.seconds:.1f} s, {len(truth.picture.hashes):,} documents")
        for number in numbers:
            outcome = await play(world, truth, seed=seed, number=number)
            outcomes.append(outcome)
            console.print(f"{outcome} ({outcome.seconds:.1f} s, {outcome.repeated} tasks repeated)")
            if not outcome.good:
                again = f"make chaos SEED={seed} FIRST={number} ROUNDS=1 ISSUES={options.issues}"
                console.print(f"  again: {again}; logs: {folder}")
            if outcome.stuck:
                return  # whatever it is may hold up the next ones too
        for ended in world.exits:
            console.print(f"ended by itself: {ended}")
    if all(outcome.good for outcome in outcomes):
        shutil.rmtree(folder, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=_given("ROUNDS", "20"))
    parser.add_argument("--seed", type=int, default=os.environ.get("SEED") or None)
    parser.add_argument("--first", type=int, default=_given("FIRST", "0"))
    parser.add_argument("--issues", type=int, default=_given("ISSUES", "3000"))
    parser.add_argument("--deployment", default=_given("DEPLOYMENT", "cloud"))
    return parser


def _given(variable: str, otherwise: str) -> str:
    return os.environ.get(variable) or otherwise


if __name__ == "__main__":
    sys.exit(main())
