"""Named gaps in which a test lets this process die or stand still: `FAIL_POINTS=worker.published:kill@2`.

In production nothing is armed, and a point costs the look at an empty dictionary.
"""

import os
import signal
from dataclasses import dataclass
from typing import Final

from shared.errors import ConfigError

VARIABLE: Final = "FAIL_POINTS"
_SIGNALS: Final = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass(slots=True)
class _Point:
    signal: signal.Signals
    left: int  # times that the point is passed before it strikes, once


_armed: dict[str, _Point] = {}


def arm(points: str) -> None:
    """Arm `name:action[@n]`, separated by commas: at the n-th time (the first) `kill` or `stop` this process.

    Replaces what was armed; ConfigError for what cannot be read.
    """
    _armed.clear()
    for point in filter(None, points.split(",")):
        name, _, strike = point.partition(":")
        action, _, times = strike.partition("@")
        if action not in _SIGNALS or not (times or "1").isdecimal():
            raise ConfigError(f"{VARIABLE}: {point!r} is not name:kill@n or name:stop@n")
        _armed[name] = _Point(_SIGNALS[action], int(times or 1))


def reach(name: str) -> None:
    """Say that a gap was reached."""
    if _armed and (point := _armed.get(name)):
        point.left -= 1
        if point.left == 0:
            os.kill(os.getpid(), point.signal)
