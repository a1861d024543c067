"""The closing account of an import: what Jira has beside what Windshift got, by project and kind."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

# The simulator counts these by itself, whatever the import believes; by the report's word for them.
COUNTED_BY_JIRA = {
    "issue": "issues",
    "comment": "comments",
    "worklog": "worklogs",
    "attachment": "attachments",
    "link": "links",
    "label": "labels",
    "history": "histories",
    "remote_link": "remote_links",
    "watchers": "watchers",
    "votes": "votes",
    "board": "boards",
    "sprint": "sprints",
    "version": "versions",
    "component": "components",
    "issue_type": "issue_types",
    "status": "statuses",
    "priority": "priorities",
    "resolution": "resolutions",
    "link_type": "link_types",
    "security_level": "security_levels",
}


@dataclass(frozen=True)
class Row:
    """One kind of one project; `jira` is what the simulator itself counted, where it does."""

    project: str
    kind: str
    jira: int
    windshift: int
    dead_lettered: int
    missing: int
    extra: int
    different: int

    @property
    def balances(self) -> bool:
        stands_out = self.dead_lettered or self.missing or self.extra or self.different
        return self.jira == self.windshift and not stands_out


@dataclass(frozen=True)
class Account:
    """All rows, and whether the connector's own report agrees that both sides have the same."""

    rows: tuple[Row, ...]
    report_balanced: bool

    @property
    def balances(self) -> bool:
        return self.report_balanced and bool(self.rows) and all(row.balances for row in self.rows)


def account(report: Mapping[str, Any], truth: Mapping[str, Mapping[str, int]]) -> Account:
    """Lay the connector's report over the simulator's own count."""
    reported = {project["key"]: project["kinds"] for project in report["projects"]}
    rows = [
        _row(project, kind, reported.get(project, {}).get(kind, {}), truth.get(project, {}))
        for project in sorted(reported.keys() | truth.keys())
        for kind in _kinds(reported.get(project, {}), truth.get(project, {}))
    ]
    return Account(tuple(rows), bool(report["balanced"] and report["identical"] is not False))


def _kinds(reported: Mapping[str, Any], counted: Mapping[str, int]) -> list[str]:
    """The ones that Jira counts first; then what else the import brought along."""
    first = [kind for kind, name in COUNTED_BY_JIRA.items() if counted.get(name) or kind in reported]
    return first + sorted(reported.keys() - COUNTED_BY_JIRA.keys())


def _row(project: str, kind: str, reported: Mapping[str, Any], counted: Mapping[str, int]) -> Row:
    totals = reported.get("totals", {})
    return Row(
        project,
        kind,
        jira=counted.get(COUNTED_BY_JIRA.get(kind, ""), reported.get("jira", 0)),
        windshift=reported.get("windshift", 0),
        dead_lettered=totals.get("dead_lettered", 0),
        missing=totals.get("missing", 0),
        extra=totals.get("extra") or 0,  # null where it cannot be told
        different=totals.get("different") or 0,
    )


def table(closing: Account) -> Table:
    """For a person to read, in 80 columns; a row that does not balance is red."""
    shown = Table(
        title="Closing account", title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False
    )
    for heading in ("project", "kind"):
        shown.add_column(heading, no_wrap=True)
    for heading in ("in Jira", "in\nWindshift", "missing", "extra", "different", "dead-\nlettered"):
        shown.add_column(heading, justify="right")
    for row in closing.rows:
        counted = (row.jira, row.windshift, row.missing, row.extra, row.different, row.dead_lettered)
        style = None if row.balances else "bold red"
        shown.add_row(row.project, row.kind, *(f"{one:,}" for one in counted), style=style)
    return shown


def findings(report: Mapping[str, Any]) -> str:
    """What is worth knowing about things that did arrive: how many of each sort, in one line."""
    counted: Counter[str] = Counter()
    for project in report["projects"]:
        counted.update({code: found["count"] for code, found in project["findings"].items()})
    return ", ".join(f"{count:,} {code}" for code, count in counted.most_common()) or "none"
