"""What is going to happen in a round: decided by the seed and the round's number alone."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.support.relay import Cut

CONNECTOR, FETCHERS, LOADERS = "connector", ("fetcher-1", "fetcher-2"), ("loader-1", "loader-2")
SERVICES: Final = (CONNECTOR, *FETCHERS, *LOADERS)
SERVERS: Final = ("kafka", "mongo")
JIRA: Final = "simulator"

_DOWN: Final = (0.1, 2.0)  # seconds between SIGKILL and the next start
_SHORT: Final = (0.2, 1.5)  # seconds of standing still or being cut off: nobody is replaced
_LONG: Final = (4.0, 7.0)  # sessions and leases end, and others take over


class Action(StrEnum):
    """What is done to a process, or to the network between two of them."""

    KILL = "kill"
    PAUSE = "pause"
    CUT = "cut"


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, `at` a part of an undisturbed import's time, for some seconds."""

    action: Action
    victim: str
    at: float
    seconds: float
    server: str = ""  # a cut is between the victim and this
    how: Cut = Cut.SILENT

    @property
    def name(self) -> str:
        """In the words of the table: `kill loader-1`, `cut fetcher-1 from kafka`."""
        return f"{self.action} {self.victim}" + (f" from {self.server}" if self.server else "")

    def __str__(self) -> str:
        how = f" ({self.how})" if self.action is Action.CUT else ""
        return f"{self.name}{how} at {self.at:.2f} for {self.seconds:.1f} s"


def faults(seed: int, number: int) -> list[Fault]:
    """Return the faults of a round; over the rounds of a seed, everything happens to everybody."""
    every = list(_kinds())
    cycle, turn = divmod(number, len(every))
    random.Random(f"{seed}/{cycle}").shuffle(every)
    chance = random.Random(f"{seed}/{number}/faults")
    chosen = [every[turn], *chance.sample(every, k=chance.choice((0, 1, 1, 2)))]
    return sorted((_fault(chance, *one) for one in chosen), key=lambda fault: fault.at)


def _kinds() -> Iterator[tuple[Action, str, str]]:
    for victim in (*SERVICES, *SERVERS):
        yield Action.KILL, victim, ""
        yield Action.PAUSE, victim, ""
    for service in SERVICES:
        reached = (*SERVERS, JIRA) if service not in LOADERS else SERVERS
        for server in reached:
            yield Action.CUT, service, server


def _fault(chance: random.Random, action: Action, victim: str, server: str) -> Fault:
    length = _DOWN if action is Action.KILL else chance.choice((_SHORT, _LONG))
    how = chance.choice(list(Cut)) if action is Action.CUT else Cut.SILENT
    return Fault(action, victim, chance.random(), chance.uniform(*length), server, how)
