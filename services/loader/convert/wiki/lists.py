"""Lists of wiki markup: the marker of an item spells its whole path, as in `#*`."""

import re
from collections.abc import Iterable

from services.loader.convert.blocks import MAX_NESTING, item

MARKER = re.compile(r"([*#]+|-{1,3}|[*#-]+)[ \t]+(?=\S)")
# A list right below another of its kind takes the second form: Markdown would join them otherwise.
_BULLETS = {"*": "-+", "-": "*+", "#": ".)"}


class _Level:
    def __init__(self, marker: str, indent: str, *, alternate: bool) -> None:
        self.marker = marker
        self.indent = indent
        self._form = _BULLETS[marker[-1]][alternate]
        self._count = 0

    def add(self, markdown: str) -> str:
        self._count += 1
        bullet = f"{self._count}{self._form}" if self._form in ".)" else self._form
        self.inner = f"{self.indent}{' ' * (len(bullet) + 1)}"
        written = item(bullet, markdown)
        return "\n".join(self.indent + line if line else "" for line in written.split("\n"))


def list_markdown(items: Iterable[tuple[str, str]], *, alternate: bool = False) -> str:
    """Write items of (marker, Markdown)."""
    levels: list[_Level] = []
    lines: list[str] = []
    for marker, markdown in items:
        while levels and not marker.startswith(levels[-1].marker):
            levels.pop()
        if len(levels) < MAX_NESTING and (not levels or levels[-1].marker != marker):
            indent = levels[-1].inner if levels else ""
            levels.append(_Level(marker, indent, alternate=alternate))
        lines.append(levels[-1].add(markdown))
    return "\n".join(lines)
