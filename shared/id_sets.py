"""Sets of Jira's ids, small enough to hold those of a project with a million issues."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from pyroaring import BitMap64

_DIGITS: Final = 18  # below 2**63, whatever the digits


class IdSet:
    """A set of ids: numbers, as most of Jira's ids are, take two bytes each or less; others stay text."""

    __slots__ = ("_numbers", "_others")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._numbers = BitMap64()
        self._others: set[str] = set()
        self.update(ids)

    def update(self, ids: Iterable[str]) -> None:
        """Add ids."""
        numbers = []
        for id_ in ids:
            if _is_number(id_):
                numbers.append(int(id_))
            else:
                self._others.add(id_)
        self._numbers.update(numbers)

    def __contains__(self, id_: str) -> bool:
        return int(id_) in self._numbers if _is_number(id_) else id_ in self._others

    def __len__(self) -> int:
        return len(self._numbers) + len(self._others)

    def __iter__(self) -> Iterator[str]:
        """Numbers first, in their order; then the others in theirs."""
        return chain(map(str, self._numbers), sorted(self._others))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IdSet):
            return NotImplemented
        return self._numbers == other._numbers and self._others == other._others

    __hash__ = None  # type: ignore[assignment] # as every set that can grow

    def __and__(self, other: "IdSet") -> "IdSet":
        return _of(self._numbers & other._numbers, self._others & other._others)

    def __or__(self, other: "IdSet") -> "IdSet":
        return _of(self._numbers | other._numbers, self._others | other._others)

    def __sub__(self, other: "IdSet") -> "IdSet":
        return _of(self._numbers - other._numbers, self._others - other._others)

    def __repr__(self) -> str:
        return f"IdSet({list(self)})"


def _is_number(id_: str) -> bool:
    """Tell whether the text of a number gives the same text again (`007` does not)."""
    return id_.isascii() and id_.isdecimal() and len(id_) <= _DIGITS and (id_[0] != "0" or id_ == "0")


def _of(numbers: BitMap64, others: set[str]) -> IdSet:
    result = IdSet()
    result._numbers, result._others = numbers, others
    return result
