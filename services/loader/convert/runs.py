"""Inline text as runs with marks, and the one place that turns runs into Markdown delimiters.

Delimiters only count where CommonMark's flanking rules allow; whitespace moves outside of marks, and a mark
that cannot be written without changing the text is dropped rather than shown as stray asterisks.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from services.loader.convert.text import code_span, escape, escape_label

STRONG, EM, STRIKE, CODE = "strong", "em", "strike", "code"
PLAIN: frozenset[str] = frozenset()

_ORDER = (STRONG, EM, STRIKE)
_MOVABLE_END = re.compile(r"(?<!\\)[:.,!?'\"%…–]+\Z")  # noqa: RUF001


class Run(NamedTuple):
    text: str
    marks: frozenset[str] = PLAIN
    href: str = ""  # finished link destination
    verbatim: bool = False  # text is Markdown already


_UNMARKED = Run("")[1:]


class _Token(NamedTuple):
    text: str
    mark: str = ""  # what the token opens or closes
    opens: bool = False


def to_markdown(runs: Iterable[Run]) -> str:
    merged = _merged(runs)
    if len(merged) == 1 and merged[0][1:] == _UNMARKED:
        return escape(merged[0].text)
    return "".join(token.text for token in _settle(_tokens(_split_whitespace(merged))))


def _split_whitespace(runs: list[Run]) -> list[Run]:
    """Give whitespace between two runs only the marks that both of them have."""
    pieces: list[Run] = []
    for run in runs:
        text, marks, href, verbatim = run
        core = text if verbatim or CODE in marks else text.strip()
        if len(core) == len(text):
            if text:
                pieces.append(run)
            continue
        start = text.find(core) if core else len(text)
        end = start + len(core)
        pieces.extend(Run(part, marks, href) for part in (text[:start], core, text[end:]) if part)
    previous = Run("")
    following = _next_visible(pieces)
    for index, run in enumerate(pieces):
        if run.text.isspace():
            after_run = following[index]
            shared = previous.marks & after_run.marks - {CODE}
            href = previous.href if previous.href == after_run.href else ""
            pieces[index] = Run(run.text, shared, href)
        else:
            previous = run
    return pieces


def _next_visible(pieces: list[Run]) -> list[Run]:
    following = [Run("")] * len(pieces)
    upcoming = Run("")
    for index in range(len(pieces) - 1, -1, -1):
        following[index] = upcoming
        if not pieces[index].text.isspace():
            upcoming = pieces[index]
    return following


def _merged(runs: Iterable[Run]) -> list[Run]:
    """Join neighbours that differ in nothing but their text."""
    merged: list[Run] = []
    same: list[str] = []
    for run in runs:
        if merged and run[1:] == merged[-1][1:] and not run.verbatim:
            same.append(run.text)
            continue
        if same:
            merged[-1] = Run("".join((merged[-1].text, *same)), *merged[-1][1:])
            same.clear()
        merged.append(run)
    if same:
        merged[-1] = Run("".join((merged[-1].text, *same)), *merged[-1][1:])
    return merged


def _tokens(pieces: list[Run]) -> list[_Token]:
    tokens: list[_Token] = []
    active: list[str] = []
    runs = _merged(pieces)
    for run, ends in zip(runs, _ends(runs), strict=True):
        if active:
            keep = _kept(active, ends)
            tokens.extend(_closing(active[keep:]))
            del active[keep:]
        if len(ends) > len(active):
            # What lasts longest opens first, so that little has to be closed and opened again.
            missing = sorted((key for key in ends if key not in active), key=ends.__getitem__, reverse=True)
            tokens.extend(_Token("[") if _is_link(key) else _Token("", key, opens=True) for key in missing)
            active.extend(missing)
        tokens.append(_Token(_leaf(run)))
    tokens.extend(_closing(active))
    return tokens


def _ends(runs: list[Run]) -> list[dict[str, int]]:
    """Tell for each run where its link and its marks end; a link is named by what closes it."""
    found: list[dict[str, int]] = []
    following: dict[str, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        run = runs[index]
        keys = [f"]({run.href})"] if run.href else []
        if run.marks:
            keys.extend(mark for mark in _ORDER if mark in run.marks)
        following = {key: following.get(key, index) for key in keys}
        found.append(following)
    found.reverse()
    return found


def _kept(active: list[str], ends: dict[str, int]) -> int:
    """Count what may stay open; a mark that ends within a link has to be closed before it."""
    link_end = max((end for key, end in ends.items() if _is_link(key) and key not in active), default=-1)
    keep = 0
    while keep < len(active) and ends.get(active[keep], -1) >= max(link_end, 0):
        keep += 1
    return keep


def _is_link(key: str) -> bool:
    return key[0] == "]"


def _closing(keys: list[str]) -> Iterator[_Token]:
    for key in reversed(keys):
        yield _Token(key) if _is_link(key) else _Token("", key)


def _leaf(run: Run) -> str:
    if run.verbatim:
        return run.text
    if CODE in run.marks:
        return "\n".join(map(code_span, run.text.split("\n")))
    return escape_label(run.text) if run.href else escape(run.text)


def _settle(tokens: list[_Token]) -> list[_Token]:
    """Write delimiters where they will be read as such."""
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if not token.mark:
            continue
        if token.opens:
            opened.append(index)
            continue
        start = opened.pop()
        _move_punctuation(tokens, index)
        before, first = _neighbour(tokens, start, -1), _neighbour(tokens, start, 1)
        last, after = _neighbour(tokens, index, -1), _neighbour(tokens, index, 1)
        delimiter = _delimiter(token.mark, before, first, last, after)
        tokens[start] = _Token(delimiter, token.mark if delimiter else "", opens=True)
        tokens[index] = _Token(delimiter, token.mark if delimiter else "")
    return tokens


def _neighbour(tokens: list[_Token], index: int, step: int) -> str:
    """Return the character that will stand there; a delimiter not yet written counts as punctuation."""
    index += step
    while 0 <= index < len(tokens):
        token = tokens[index]
        if token.text:
            return token.text[-1 if step < 0 else 0]
        if token.mark and (token.opens if step < 0 else not token.opens):
            index += step  # an enclosing mark of the same place: look beyond it
            continue
        if token.mark:
            return "*"
        index += step
    return " "


def _move_punctuation(tokens: list[_Token], index: int) -> None:
    """`**Name:**value` is not bold for CommonMark; `**Name**:value` is."""
    inside = tokens[index - 1]
    if inside.mark or not _is_word(_neighbour(tokens, index, 1)):
        return
    moved = _MOVABLE_END.search(inside.text)
    if moved and moved.start() > 0:
        following = next(place for place in range(index, len(tokens)) if not tokens[place].mark)
        tokens[index - 1] = inside._replace(text=inside.text[: moved.start()])
        tokens[following] = tokens[following]._replace(text=moved[0] + tokens[following].text)


def _is_word(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character)[0] not in "PS"


def _delimiter(mark: str, before: str, first: str, last: str, after: str) -> str:
    opens = not first.isspace() and (_is_word(first) or not _is_word(before))
    closes = not last.isspace() and (_is_word(last) or not _is_word(after))
    if not (opens and closes):
        return ""
    if mark == EM:
        return "*" if _is_word(before) or _is_word(after) else "_"
    return "**" if mark == STRONG else "~~"
