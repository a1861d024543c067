"""Where things lie: the source tree, the state of one run, and what is kept between runs."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = ROOT / ".run"
STACK_FILE = RUN / "stack.json"


def cache() -> Path:
    """The user's cache folder for downloaded jars: shared by all checkouts."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "windshift-jira-import"
