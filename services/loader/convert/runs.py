"""Inline text as runs with marks, and the one place that turns runs into Markdown delimiters.

Delimiters only count where CommonMark's flanking rules allow; whitespace moves outside of marks, and a mark
that cannot be written without changing the text is dropped rather than shown as stray asterisks.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from services.loader.convert.text import code_span, escape

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
    href = ""
    for run in _merged(pieces):
        wanted = [mark for mark in _ORDER if mark in run.marks]
        keep = 0
        if run.href == href:
            while keep < min(len(active), len(wanted)) and active[keep] == wanted[keep]:
                keep += 1
        tokens.extend(_Token("", mark) for mark in reversed(active[keep:]))
        del active[keep:]
        if run.href != href:
            if href:
                tokens.append(_Token(f"]({href})"))
            if run.href:
                tokens.append(_Token("["))
            href = run.href
        tokens.extend(_Token("", mark, opens=True) for mark in wanted[keep:])
        active.extend(wanted[keep:])
        tokens.append(_Token(_leaf(run)))
    tokens.extend(_Token("", mark) for mark in reversed(active))
    if href:
        tokens.append(_Token(f"]({href})"))
    return tokens


def _leaf(run: Run) -> str:
    if run.verbatim:
        return run.text
    if CODE in run.marks:
        return "\n".join(map(code_span, run.text.split("\n")))
    return escape(run.text)


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
