"""Finds the macros of a body in one pass and puts a placeholder for each into its text.

A macro that is never closed is text, as in Jira.
"""

import re
from typing import NamedTuple

from services.loader.convert.wiki.vocabulary import BOX_MACROS, RAW_MACROS, TRANSPARENT_MACROS

NOTHING = "\x01"  # stands where a tag vanished: no letter, so `{color}*bold*{color}` stays bold
_PLACE = "\x02{}\x03"
PLACE = re.compile("\x02(\\d+)\x03")

_NAMES = "|".join(sorted(RAW_MACROS | BOX_MACROS | TRANSPARENT_MACROS | {"anchor"}))
_TAG = re.compile(rf"(?<![\\{{])\{{({_NAMES})(?::([^{{}}\n]*+))?\}}(?!\}}(?!\}}))")
# Jira nests boxes without limit; beyond this many open ones a tag is text.
_MAX_OPEN = 24


class Macro(NamedTuple):
    name: str
    parameters: str
    body: str  # of a box: wiki text with placeholders


class _Tag(NamedTuple):
    name: str
    parameters: str | None
    start: int
    end: int


def extract(text: str) -> tuple[str, list[Macro]]:
    """Return the text with placeholders, and the macros that they number."""
    if "{" not in text:
        return text, []
    macros: list[Macro] = []
    # Each frame holds the pieces of text since its opening tag; the first is the body itself.
    frames: list[tuple[_Tag | None, list[str]]] = [(None, [])]
    position = 0
    for tag, raw_end in _tags(text):
        if tag.start < position:
            continue
        frames[-1][1].append(text[position : tag.start])
        position = raw_end or tag.end
        if tag.name in RAW_MACROS:
            body = text[tag.end : text.rindex("{", tag.end, raw_end)]
            _add(frames, macros, Macro(tag.name, tag.parameters or "", body))
        elif tag.name == "anchor":
            frames[-1][1].append(NOTHING)
        elif tag.parameters is None and any(frame[0] and frame[0].name == tag.name for frame in frames):
            _close(frames, macros, tag.name, text)
        elif len(frames) < _MAX_OPEN:
            frames.append((tag, []))
        else:
            frames[-1][1].append(text[tag.start : tag.end])
    frames[-1][1].append(text[position:])
    while len(frames) > 1:
        _abandon(frames, text)
    return "".join(frames[0][1]), macros


def _tags(text: str) -> list[tuple[_Tag, int]]:
    """List the tags; a raw macro comes with the end of its closing tag, and only if it has one."""
    found: list[tuple[_Tag, int]] = []
    unclosed: set[str] = set()
    match = _TAG.search(text)
    while match:
        tag = _Tag(match[1], match[2], match.start(), match.end())
        end = match.end()
        if tag.name in RAW_MACROS:
            close = -1 if tag.name in unclosed else text.find(f"{{{tag.name}}}", match.end())
            if close < 0:
                unclosed.add(tag.name)
            else:
                end = close + len(tag.name) + 2
                found.append((tag, end))
        else:
            found.append((tag, 0))
        match = _TAG.search(text, end)
    return found


def _close(frames: list[tuple[_Tag | None, list[str]]], macros: list[Macro], name: str, text: str) -> None:
    while (tag := frames[-1][0]) and tag.name != name:
        _abandon(frames, text)
    _, pieces = frames.pop()
    body = "".join(pieces)
    if name in TRANSPARENT_MACROS:
        frames[-1][1].append(f"{NOTHING}{body}{NOTHING}")
    elif tag:
        _add(frames, macros, Macro(name, tag.parameters or "", body))


def _abandon(frames: list[tuple[_Tag | None, list[str]]], text: str) -> None:
    """Turn the innermost open tag back into text."""
    tag, pieces = frames.pop()
    if tag:
        frames[-1][1].append(text[tag.start : tag.end] + "".join(pieces))


def _add(frames: list[tuple[_Tag | None, list[str]]], macros: list[Macro], macro: Macro) -> None:
    frames[-1][1].append(_PLACE.format(len(macros)))
    macros.append(macro)
