"""Lists that hang on an issue, read page by page from a Jira that counts as it likes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pytest

from shared.jira.client import JiraClient
from shared.jira.endpoints import COMMENTS, Endpoint
from shared.jira.entries import read_entries, sift


@dataclass
class Lists:
    """A Jira with some comments: `says` is how many it claims to have, and `repeats` gives one page only."""

    comments: int
    says: int | None = None
    repeats: bool = False
    asked: int = 0

    async def get(self, endpoint: Endpoint, *, issue: str, params: Mapping[str, int]) -> Any:
        assert (endpoint, issue) == (COMMENTS, "1")
        self.asked += 1
        start = 0 if self.repeats else params["startAt"]
        end = min(self.comments, start + params["maxResults"])
        total = self.comments if self.says is None else self.says
        return {"comments": [{"id": str(n)} for n in range(start, end)], "total": total}


async def read(jira: Lists) -> tuple[int, int]:
    """Return how many were read, and Jira's total."""
    found, total = await read_entries(
        cast(JiraClient, jira), COMMENTS, "comments", "1", cloud=True, start=0, most=1_000
    )
    return len(found), total


@pytest.mark.parametrize("says", [None, 0, 1, 130, 260, 700])
async def test_all_are_read_whatever_the_total_says(says: int | None) -> None:
    jira = Lists(260, says)
    assert await read(jira) == (260, 260 if says is None else says)
    assert jira.asked <= 4


async def test_a_full_last_page_is_no_end() -> None:
    jira = Lists(200)
    assert await read(jira) == (200, 200)
    assert jira.asked == 3


async def test_a_page_that_repeats_itself_is_the_last() -> None:
    jira = Lists(500, repeats=True)
    assert await read(jira) == (100, 500)
    assert jira.asked == 2


@pytest.mark.parametrize(
    ("value", "good", "bad"),
    [
        ([{"id": 1}, {"id": "2"}], 2, 0),
        ([{"id": 1}, {}, None, 7, {"id": ""}], 1, 4),
        ([], 0, 0),
        ({}, 0, 1),
        (None, 0, 1),
    ],
)
def test_what_has_no_id_is_counted(value: Any, good: int, bad: int) -> None:
    found, others = sift(value)
    assert (len(found), others) == (good, bad)
