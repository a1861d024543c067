"""Comparing answers by shape: same members, same types, whatever the values are."""

from collections.abc import Iterator
from typing import Any

from tests.support.wizard_differences import ADDITIONS, OPTIONAL


def deviations(expected: Any, found: Any, where: str = "answer") -> Iterator[str]:
    """Yield what is different in the shape of an answer."""
    if isinstance(expected, dict):
        yield from _members(expected, found, where)
    elif isinstance(expected, list):
        yield from _elements(expected, found, where)
    elif expected is None:
        if found is not None and not isinstance(found, list):
            yield f"{where}: {found!r} where null or a list was captured"
    elif type(expected) is not type(found):
        yield f"{where}: {type(found).__name__} where {type(expected).__name__} was captured"


def _members(expected: dict[str, Any], found: Any, where: str) -> Iterator[str]:
    if not isinstance(found, dict):
        yield f"{where}: {type(found).__name__} where an object was captured"
        return
    for name, value in expected.items():
        if name in found:
            yield from deviations(value, found[name], f"{where}.{name}")
        elif name not in OPTIONAL:
            yield f"{where}.{name} is missing"
    for name in found.keys() - expected.keys() - ADDITIONS.keys() - OPTIONAL:
        yield f"{where}.{name} is new"


def _elements(expected: list[Any], found: Any, where: str) -> Iterator[str]:
    if not isinstance(found, list):
        yield f"{where}: {type(found).__name__} where a list was captured"
    elif expected:
        for number, element in enumerate(found):
            yield from deviations(expected[0], element, f"{where}[{number}]")
