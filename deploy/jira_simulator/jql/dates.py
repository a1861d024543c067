"""JQL dates: minutes at best, read in the time zone of the account that asks."""

import re
from datetime import datetime

from deploy.jira_simulator.data.moments import ZONE, now

_PERIOD = re.compile(r"^([+-]?)((?:\d+[wdhm]\s*)+)$")
_PART = re.compile(r"(\d+)([wdhm])")
_UNIT = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000}
_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")


def to_moment(text: str) -> int | None:
    """Milliseconds since 1970, or None when Jira would refuse the value."""
    if text.lower() == "now()":
        return now()
    period = _PERIOD.match(text.strip())
    if period:
        length = sum(int(count) * _UNIT[unit] for count, unit in _PART.findall(period[2]))
        return now() + (-length if period[1] == "-" else length)
    if text.isdigit() and len(text) > 8:
        return int(text)
    for pattern in _FORMATS:
        try:
            moment = datetime.strptime(text, pattern).replace(tzinfo=ZONE)
        except ValueError:
            continue
        return round(moment.timestamp() * 1000)
    return None
