"""The state of one scan over inline text: what was read, and the delimiters that may still be closed."""

import re
from collections.abc import Iterable

from services.loader.convert.runs import PLAIN, Run
from services.loader.convert.scripts import subscript, superscript
from services.loader.convert.wiki.vocabulary import MARKS, SUBSCRIPT, SUPERSCRIPT

# Jira's patterns stop at control and format characters.
_UNSPANNABLE = re.compile("[\t\u200b\u200c\u200d\ufeff]")


class Mark:
    """A delimiter that became a mark: here it begins, or ends."""

    def __init__(self, name: str, *, begins: bool) -> None:
        self.name = name
        self.begins = begins


Item = str | Run | Mark


class Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.items: list[Item] = []
        self.done = 0  # everything before is in the items
        self.floor = 0  # where the last plain piece began
        self.formatted = False
        self._open: dict[str, tuple[int, int]] = {}  # delimiter → its place in the text and in the items

    def add(self, runs: Iterable[Run]) -> None:
        self.items.extend(runs)
        self.formatted = True

    def cut(self, length: int) -> None:
        """Take back the end of the plain text that was read last."""
        last = self.items[-1] if self.items else ""
        if length and isinstance(last, str):
            self.items[-1] = last[:-length]

    def follows_letter(self, at: int) -> bool:
        return at > 0 and self.text[at - 1].isalnum()

    def forget(self) -> None:
        """Nothing stays open beyond a line."""
        if self._open:
            self._open.clear()

    def delimiter(self, at: int, token: str) -> int:
        """Close, open or keep as text the delimiter at this place; return where it ends."""
        text = self.text
        end = at + len(token)
        before = text[at - 1] if at else " "
        after = text[end] if end < len(text) else " "
        is_open = token in self._open
        may_close = is_open and not before.isspace() and before != token[0] and not after.isalnum()
        if may_close and self._close(at, token):
            self.items.append(Mark(MARKS[token], begins=False))
        else:
            if not is_open and not before.isalnum() and not after.isspace() and after != token[0]:
                self._open[token] = (end, len(self.items))
            self.items.append(token)
        return end

    def braced(self, at: int, token: str, end: int) -> int:
        """`{*}`, which needs no word boundary."""
        key = f"{{{token}}}"
        if key in self._open and self._close(at, key):
            self.items.append(Mark(MARKS[token], begins=False))
        else:
            self._open[key] = (end, len(self.items))
            self.items.append(key)
        return end

    def _close(self, at: int, key: str) -> bool:
        start, place = self._open.pop(key)
        if at <= start or _UNSPANNABLE.search(self.text, start + 1, at):
            return False
        # What was opened in between would cross this mark: it stays text.
        for other in [other for other, (begin, _) in self._open.items() if begin > start]:
            del self._open[other]
        self.items[place] = Mark(MARKS[key.strip("{}")], begins=True)
        self.formatted = True
        return True


def to_runs(items: list[Item]) -> list[Run]:
    runs: list[Run] = []
    active: dict[str, int] = {}
    marks = PLAIN
    for item in items:
        if isinstance(item, Mark):
            active[item.name] = active.get(item.name, 0) + (1 if item.begins else -1)
            marks = frozenset(name for name, count in active.items() if count)
        elif isinstance(item, str):
            runs.append(_scripted(Run(item, marks)))
        else:
            runs.append(_scripted(item._replace(marks=item.marks | marks)))
    return runs


def _scripted(run: Run) -> Run:
    """Write superscript and subscript as letters: they are no marks in Markdown."""
    scripts = run.marks & {SUPERSCRIPT, SUBSCRIPT}
    if not scripts:
        return run
    write = superscript if SUPERSCRIPT in scripts else subscript
    text = run.text if run.verbatim else write(run.text)
    return run._replace(text=text, marks=run.marks - scripts)
