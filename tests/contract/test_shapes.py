"""The comparison of shapes finds what it is there for."""

import pytest

from tests.support.shapes import deviations

EXPECTED = {"id": "x", "count": 1, "list": [{"ok": True}], "nothing": None}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"id": "y", "count": 2, "list": [], "nothing": None, "state": "additions are listed"}, []),
        ({"id": "y", "count": 2, "list": [], "nothing": [1]}, []),
        (
            {"id": None, "count": 2, "list": [], "nothing": None},
            ["answer.id: NoneType where str was captured"],
        ),
        (
            {"id": "y", "count": "2", "list": [], "nothing": None},
            ["answer.count: str where int was captured"],
        ),
        ({"id": "y", "count": 2, "nothing": None}, ["answer.list is missing"]),
        (EXPECTED | {"more": 1}, ["answer.more is new"]),
        (EXPECTED | {"list": [{"ok": True}, {}]}, ["answer.list[1].ok is missing"]),
    ],
)
def test_deviations(found: object, told: list[str]) -> None:
    assert list(deviations(EXPECTED, found)) == told
