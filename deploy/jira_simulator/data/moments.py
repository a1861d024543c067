"""Moments as Jira writes them: milliseconds since 1970 inside, an offset without a colon outside."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

# The profile zone of every account and the zone in which generated answers are written.
ZONE = ZoneInfo("Europe/Berlin")


def to_jira(moment: int) -> str:
    text = datetime.fromtimestamp(moment / 1000, ZONE).isoformat(timespec="milliseconds")
    return text[:-3] + text[-2:]


def to_utc(moment: int) -> str:
    """The form that sprints and rate-limit headers use."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def to_day(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, ZONE).date().isoformat()


def from_jira(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def now() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)
