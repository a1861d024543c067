"""Report and verification as plain text, for a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from services.connector.schemas.report import (
    FindingReport,
    KindReport,
    ProjectReport,
    Report,
    Verification,
    VerifiedKind,
)

_SHOWN: Final = 20  # ids in a line; the JSON has more
_EXAMPLE: Final = 100  # characters
_UNKNOWN: Final = "?"
_BALANCE: Final = {True: "balanced", False: "NOT BALANCED", None: "nothing to compare"}
_HEADER: Final = (
    "project", "kind", "in Jira", "in Windshift", "missing", "extra", "different", "dead-lettered",
)  # fmt: skip

Row: TypeAlias = Sequence[str]
Ids: TypeAlias = tuple[str, Sequence[str], int | None]  # what they are, some of them, how many in all


def report_text(report: Report) -> str:
    """Return the account: a line for each kind of each project, then everything that stands out."""
    kinds = [(p.key, name, kind) for p in report.projects for name, kind in p.kinds.items()]
    named = [line for key, name, kind in kinds for line in _named(f"{key} {name}", _lists(kind))]
    return _joined(
        aligned([_HEADER, *((key, name, *_figures(kind)) for key, name, kind in kinds)]),
        named + _unplaced(report.unplaced),
        [
            f"{key} {name} dead-lettered: {lost.id}: {lost.jira_message or lost.reason}"
            for key, name, kind in kinds
            for lost in kind.dead_lettered[:_SHOWN]
        ],
        _findings(report.projects),
        [f"task given up: {task.id}: {task.reason}" for p in report.projects for task in p.tasks_failed],
        [f"unreadable: {lost.id}: {lost.reason}" for lost in report.unreadable],
        [f"note: {note}" for note in report.notes],
        [f"{report.state}: {_BALANCE[report.balanced]}{_identity(report.identical)}"],
    )


def verification_text(verification: Verification) -> str:
    """Return what Jira says now in the same form."""
    kinds = [(p.key, name, kind) for p in verification.projects for name, kind in p.kinds.items()]
    named = [line for key, name, kind in kinds for line in _named(f"{key} {name}", _verified_lists(kind))]
    rows = [(key, name, *_figures(kind), kind.against) for key, name, kind in kinds]
    reason = verification.error_message
    return _joined(
        aligned([(*_HEADER, "compared with"), *rows]) if rows else [],
        named + _unplaced(verification.unplaced),
        [f"note: {note}" for note in verification.notes],
        [f"{verification.issues_read:,} issues read from Jira with {verification.requests:,} requests"],
        [f"{verification.state}{f': {reason}' if reason else _identity(verification.identical)}"],
    )


def aligned(rows: Sequence[Row]) -> list[str]:
    """Return a table, its first row the header; columns of numbers stand to the right."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(map(_is_number, column[1:])) for column in columns]
    return [
        "  ".join(
            cell.rjust(width) if to_the_right else cell.ljust(width)
            for cell, width, to_the_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]


def _is_number(cell: str) -> bool:
    return cell == _UNKNOWN or cell.replace(",", "").isdecimal()


def _figures(kind: KindReport) -> Row:
    totals = kind.totals
    figures = (
        kind.jira,
        kind.windshift,
        totals.missing,
        totals.extra,
        totals.different,
        totals.dead_lettered,
    )
    return [_UNKNOWN if figure is None else f"{figure:,}" for figure in figures]


def _lists(kind: KindReport) -> Iterator[Ids]:
    found = kind.totals
    yield "missing", kind.missing, found.missing
    yield "extra", kind.extra or (), found.extra
    yield "different", kind.different or (), found.different
    yield "gone from Jira", kind.gone, found.gone
    yield "to be created", kind.to_create, found.to_create


def _verified_lists(kind: VerifiedKind) -> Iterator[Ids]:
    missing, extra, *_ = _lists(kind)
    yield from (missing, extra)
    yield "changed in Windshift", kind.changed_in_windshift, kind.changed_in_windshift_total
    yield "changed in Jira", kind.changed_in_jira, kind.changed_in_jira_total


def _named(where: str, lists: Iterable[Ids]) -> Iterator[str]:
    """Yield a line for each list that has anything in it."""
    for what, ids, total in lists:
        if total:
            more = total - len(ids[:_SHOWN])
            yield f"{where} {what}: {', '.join(ids[:_SHOWN])}" + (f" and {more:,} more" if more else "")


def _unplaced(unplaced: Mapping[str, Sequence[str]]) -> list[str]:
    lists = ((name, [("of no project", ids, len(ids))]) for name, ids in unplaced.items())
    return [line for name, one in lists for line in _named(name, one)]


def _findings(projects: Sequence[ProjectReport]) -> list[str]:
    rows = [
        (project.key, code, f"{found.count:,}", _example(found))
        for project in projects
        for code, found in project.findings.items()
    ]
    return aligned([("project", "finding", "count", "for example"), *rows]) if rows else []


def _example(found: FindingReport) -> str:
    if not found.examples:
        return ""
    one = found.examples[0]
    return f"{one.kind} {one.id}: {one.detail}"[:_EXAMPLE]


def _identity(identical: bool | None) -> str:
    if identical is None:
        return ""
    return ", both sides have the same" if identical else ", the two sides differ"


def _joined(*parts: Sequence[str]) -> str:
    """Put an empty line between the parts that there are."""
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"
