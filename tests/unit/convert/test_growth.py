"""Time against size for bodies made to hurt: twice the text takes about twice the time, from 1 KB to 1 MB."""

import gc
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import pytest

from services.loader.convert import adf_to_markdown, wiki_to_markdown
from tests.unit.convert.nodes import item, node, paragraph, text

_UNITS = [
    "{{", "****", "||||", "[[[[", "!!!!", "{quote}", "{code}", "{noformat}", "{color:red}", "{panel:title=a}",
    "{{{}", "{*}", "*a ", "*a _b* c_ ", "[a|", "!a|", "\\", "&#", "http://a((((", "``a `",
    "- a\n", "|a\n", "|* a\n", "h1. {quote}\n", "{info}\n{note}\n", "  \t", "\r\n", "a b, ",
]  # fmt: skip
_SMALL, _LARGE = 1_000, 1_000_000
_TRIES = 5


@contextmanager
def _without_collector() -> Iterator[None]:
    # Its passes grow with the heap of the whole test run, which is not what is measured.
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _seconds(convert: Callable[[Any], str], body: Any, repeat: int) -> float:
    begin = time.process_time()
    for _ in range(repeat):
        convert(body)
    return (time.process_time() - begin) / repeat


def _exponent(convert: Callable[[Any], str], make: Callable[[int], Any], small: int, large: int) -> float:
    """Measure the small body often enough for the clock, the large one once; again only when it looks bad."""
    with _without_collector():
        few, many = make(small), make(large)
        before = median(_seconds(convert, few, 5) for _ in range(_TRIES))
        after = _seconds(convert, many, 1)
        if math.log(after / before, large / small) > 1.1:
            after = median(_seconds(convert, many, 1) for _ in range(3))
        return math.log(after / before, large / small)


def _repeated(unit: str) -> Callable[[int], str]:
    return lambda size: unit * (size // len(unit))


def _staircase(size: int) -> str:
    """Lists that nest one deeper with every line."""
    steps = math.isqrt(2 * size)
    return "\n".join(f"{'*' * step} a" for step in range(1, steps))


@pytest.mark.parametrize("unit", _UNITS)
def test_wiki(unit: str) -> None:
    assert _exponent(wiki_to_markdown, _repeated(unit), _SMALL, _LARGE) < 1.2


def test_wiki_nested_lists() -> None:
    assert _exponent(wiki_to_markdown, _staircase, _SMALL, _LARGE) < 1.2


def _wide(size: int) -> Any:
    return paragraph(*(text("a*", "strong") if number % 2 else text("b ", "em") for number in range(size)))


def _long_list(size: int) -> Any:
    return node("bulletList", *(item(paragraph("a")) for _ in range(size)))


def _large_table(size: int) -> Any:
    row = node("tableRow", *(node("tableCell", "a", rowspan=3) for _ in range(5)))
    return node("table", *(row for _ in range(size // 5)))


def _deep(size: int) -> Any:
    document = paragraph("a")
    for _ in range(size):
        document = node("blockquote", "b", document)
    return document


@pytest.mark.parametrize("make", [_wide, _long_list, _large_table, _deep])
def test_adf(make: Callable[[int], Any]) -> None:
    assert _exponent(adf_to_markdown, make, 50, 20_000) < 1.2
