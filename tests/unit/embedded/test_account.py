"""When the closing account of the demo balances, and when not."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from deploy.embedded.account import Row, account, findings, table

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


def test_the_table_shows_each_figure_in_eighty_columns() -> None:
    console = Console(width=80, file=StringIO())
    issues = kind(3, 2, missing=1234, extra=5, different=6, dead=7)
    security_levels = kind(1_000_000, 1_000_000)
    with console.capture() as shown:
        told = report(issue=issues, security_level=security_levels)
        console.print(table(account(told, {"ENG": {"issues": 3000}})))
    rows = [line.split() for line in shown.get().splitlines()[-2:]]
    assert rows == [
        ["ENG", "issue", "3,000", "2", "1,234", "5", "6", "7"],
        ["ENG", "security_level", "1,000,000", "1,000,000", "0", "0", "0", "0"],
    ]


def test_findings_are_counted_over_all_projects() -> None:
    one = {"findings": {"text_shortened": {"count": 1}, "made_private": {"count": 2}}}
    two = {"findings": {"text_shortened": {"count": 1500}}}
    assert findings({"projects": [one, two]}) == "1,501 text_shortened, 2 made_private"
    assert findings({"projects": [{"findings": {}}]}) == "none"
