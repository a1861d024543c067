"""The state of one scan over inline text: what was read, and the delimiters that may still be closed."""

import re
from collections.abc import Callable, Iterable

from services.loader.convert.runs import PLAIN, Run
from services.loader.convert.scripts import subscript, superscript
from services.loader.convert.wiki.vocabulary import MARKS, SUBSCRIPT, SUPERSCRIPT

_SCRIPTS = frozenset({SUPERSCRIPT, SUBSCRIPT})
# Jira's patterns stop at control and format characters.
_UNSPANNABLE = re.compile("[\t\u200b\u200c\u200d\ufeff]")


class Mark:
    """A delimiter that became a mark: here it begins, or ends."""

    def __init__(self, name: str, *, begins: bool) -> None:
        self.name = name
        self.begins = begins


Item = str | Run | Mark


class Scan:
    def __init__(self, text: str, plain: Callable[[str], Iterable[Item]] | None) -> None:
        self.text = text
        self.items: list[Item] = []  # empty while nothing but plain text was found
        self.done = 0  # everything before is in the items
        self._plain = plain  # reads text without markup, if there may be anything in it
        self._line_end = -1  # of the line in which the last delimiter stood
        self._open: dict[str, tuple[int, int]] = {}  # delimiter → its place in the text and in the items

    def flush(self, end: int) -> None:
        """Take the text up to here as it is."""
        if end > self.done:
            text = self.text[self.done : end]
            if self._plain:
                self.items.extend(self._plain(text))
            else:
                self.items.append(text)

    def put(self, at: int, end: int, *items: Item) -> int:
        """Put items in the place of a piece of text; return where it ends."""
        self.flush(at)
        self.items += items
        self.done = end
        return end

    def follows_letter(self, at: int) -> bool:
        return at > 0 and self.text[at - 1].isalnum()

    def delimiter(self, at: int, token: str) -> int:
        """Close, open or keep as text the delimiter at this place; return where it ends."""
        if at > self._line_end:
            self._forget(at)
        text = self.text
        end = at + len(token)
        before = text[at - 1] if at else " "
        after = text[end] if end < len(text) else " "
        if token in self._open:
            may_close = not before.isspace() and before != token[0] and not after.isalnum()
            if may_close and self._close(at, token):
                return self.put(at, end, Mark(MARKS[token], begins=False))
        elif not before.isalnum() and not after.isspace() and after != token[0]:
            self._begin(at, end, token)
        return end

    def braced(self, at: int, token: str, end: int) -> int:
        """`{*}`, which needs no word boundary."""
        if at > self._line_end:
            self._forget(at)
        key = f"{{{token}}}"
        if key in self._open and self._close(at, key):
            return self.put(at, end, Mark(MARKS[token], begins=False))
        self._begin(at, end, key)
        return end

    def _forget(self, at: int) -> None:
        """Nothing stays open beyond a line."""
        self._open.clear()
        self._line_end = self.text.find("\n", at)
        if self._line_end < 0:
            self._line_end = len(self.text)

    def _begin(self, at: int, end: int, key: str) -> None:
        self.put(at, end, key)
        self._open[key] = (end, len(self.items) - 1)

    def _close(self, at: int, key: str) -> bool:
        start, place = self._open.pop(key)
        if at <= start or _UNSPANNABLE.search(self.text, start + 1, at):
            return False
        # What was opened in between would cross this mark: it stays text.
        for other in [other for other, (begin, _) in self._open.items() if begin > start]:
            del self._open[other]
        self.items[place] = Mark(MARKS[key.strip("{}")], begins=True)
        return True


def to_runs(items: list[Item]) -> list[Run]:
    runs: list[Run] = []
    active: dict[str, int] = {}
    marks = PLAIN
    pieces: list[str] = []
    for item in items:
        if isinstance(item, str):
            pieces.append(item)
            continue
        if pieces:
            runs.append(_scripted(Run("".join(pieces), marks)))
            pieces.clear()
        if isinstance(item, Mark):
            active[item.name] = active.get(item.name, 0) + (1 if item.begins else -1)
            marks = frozenset(name for name, count in active.items() if count)
        else:
            runs.append(_scripted(item._replace(marks=item.marks | marks) if marks else item))
    if pieces:
        runs.append(_scripted(Run("".join(pieces), marks)))
    return runs


def _scripted(run: Run) -> Run:
    """Write superscript and subscript as letters: they are no marks in Markdown."""
    scripts = run.marks & _SCRIPTS
    if not scripts:
        return run
    write = superscript if SUPERSCRIPT in scripts else subscript
    text = run.text if run.verbatim else write(run.text)
    return run._replace(text=text, marks=run.marks - scripts)
