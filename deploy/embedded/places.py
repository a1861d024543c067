"""Where things lie: the source tree, the state of one run, and what is kept between runs."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = ROOT / ".run"
LOGS = RUN / "logs"
STACK_FILE = RUN / "stack.json"


class StackRunsError(RuntimeError):
    """Another demo or stack of this checkout is running."""


@contextmanager
def fresh_run() -> Iterator[None]:
    """Empty `.run/` and hold it: a second stack of this checkout would pull the first one's files away."""
    RUN.mkdir(exist_ok=True)
    with (RUN / "lock").open("w") as lock:
        try:
            fcntl.flock(
                lock, fcntl.LOCK_EX | fcntl.LOCK_NB
            )  # released by the kernel, however this process ends
        except BlockingIOError:
            raise StackRunsError("A stack of this checkout is running already; end it first.") from None
        for leftover in ("state", "logs"):
            shutil.rmtree(RUN / leftover, ignore_errors=True)
        STACK_FILE.unlink(missing_ok=True)
        yield


def cache() -> Path:
    """The user's cache folder for downloaded jars: shared by all checkouts."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "windshift-jira-import"
