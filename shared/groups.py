"""Cutting what is many into what one command, one request or one answer takes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of `size` items in order, the last one shorter (Python 3.12: `itertools.batched`)."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
