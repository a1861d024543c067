"""Pieces of JQL: the scope of a project, and dates as Jira reads them."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

OPEN_ISSUES: Final = "statusCategory != Done"


def scope_of(project_key: str, *restrictions: str) -> str:
    """Return the JQL of a project's issues, as far as each of the restrictions (JQL without order) holds."""
    return " AND ".join([f'project = "{project_key}"', *(f"({one})" for one in restrictions if one)])


def minute_of(moment: str | datetime, zone: ZoneInfo) -> str:
    """Return the minute of a time (text as Jira's) as JQL reads it: no seconds, in the account's time zone.

    A minute that the end of summer time repeats is moved back before the repetition: a window may overlap,
    and must never begin too late.
    """
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    local = read.astimezone(zone)
    while local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local = (local.replace(tzinfo=None) - timedelta(hours=1)).replace(tzinfo=zone)
    return local.strftime("%Y-%m-%d %H:%M")
