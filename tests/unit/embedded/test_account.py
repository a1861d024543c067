"""When the closing account of the demo balances, and when not."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from deploy.embedded.account import Row, account, table

TRUTH = {"ENG": {"issues": 3, "comments": 2, "worklogs": 0, "colours": 9}}


def kind(
    jira: int, windshift: int, *, missing: int = 0, dead: int = 0, extra: int | None = 0, different: int = 0
) -> dict[str, Any]:
    totals = {"missing": missing, "extra": extra, "different": different, "dead_lettered": dead}
    return {"jira": jira, "windshift": windshift, "totals": totals}


def report(balanced: bool = True, identical: bool | None = True, **kinds: dict[str, Any]) -> dict[str, Any]:
    return {"balanced": balanced, "identical": identical, "projects": [{"key": "ENG", "kinds": kinds}]}


def test_it_balances_when_windshift_has_what_jira_counts() -> None:
    closing = account(report(issue=kind(3, 3), comment=kind(2, 2), user=kind(4, 4)), TRUTH)
    assert closing.balances
    assert closing.rows == (
        Row("ENG", "issue", 3, 3, 0, 0, 0, 0),
        Row("ENG", "comment", 2, 2, 0, 0, 0, 0),
        Row("ENG", "user", 4, 4, 0, 0, 0, 0),
    )


@pytest.mark.parametrize(
    "bad",
    [
        report(issue=kind(2, 2), comment=kind(2, 2)),  # the import never saw one: only Jira's own count tells
        report(issue=kind(3, 3)),  # a whole kind is absent
        report(issue=kind(3, 2, missing=1), comment=kind(2, 2)),
        report(issue=kind(3, 2, dead=1), comment=kind(2, 2)),
        report(issue=kind(3, 3, missing=1, extra=1), comment=kind(2, 2)),  # the numbers alone look right
        report(issue=kind(3, 3, different=1), comment=kind(2, 2)),
        report(balanced=False, issue=kind(3, 3), comment=kind(2, 2)),
        report(identical=False, issue=kind(3, 3), comment=kind(2, 2)),
        {"balanced": True, "identical": True, "projects": []},
    ],
)
def test_it_does_not_balance(bad: dict[str, Any]) -> None:
    assert not account(bad, TRUTH).balances


def test_nothing_at_all_does_not_balance() -> None:
    assert not account({"balanced": True, "identical": True, "projects": []}, {}).balances


def test_what_cannot_be_told_does_not_stand_out() -> None:
    told = report(identical=None, issue=kind(3, 3, extra=None), comment=kind(2, 2))
    assert account(told, TRUTH).balances


def test_the_table_shows_each_figure() -> None:
    console = Console(width=100, file=StringIO())
    with console.capture() as shown:
        console.print(table(account(report(issue=kind(3, 2, dead=1)), {"ENG": {"issues": 3000}})))
    assert [cell.strip() for cell in shown.get().splitlines()[4].split("│")[1:-1]] == [
        "ENG",
        "issue",
        "3,000",
        "2",
        "0",
        "0",
        "0",
        "1",
    ]
