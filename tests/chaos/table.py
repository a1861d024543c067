"""What many rounds came to, by what went wrong in them."""

from collections.abc import Sequence

from rich.table import Table

from tests.chaos.round import Outcome


def table(outcomes: Sequence[Outcome]) -> Table:
    """For a person to read: a round counts in the row of each of its faults."""
    shown = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    shown.add_column("what went wrong", no_wrap=True)
    for heading in ("rounds", "lost", "twice", "changed", "stuck", "wrong", "tasks again"):
        shown.add_column(heading, justify="right")
    names = sorted({fault.name for outcome in outcomes for fault in outcome.faults})
    for name in names:
        _row(shown, name, [one for one in outcomes if name in {fault.name for fault in one.faults}])
    _row(shown, "all", outcomes)
    return shown


def _row(shown: Table, name: str, outcomes: Sequence[Outcome]) -> None:
    counted = (
        len(outcomes),
        sum(len(one.lost) for one in outcomes),
        sum(len(one.doubled) for one in outcomes),
        sum(len(one.changed) for one in outcomes),
        sum(bool(one.stuck) for one in outcomes),
        sum(bool(one.wrong) for one in outcomes),
        sum(one.repeated for one in outcomes),
    )
    good = all(one.good for one in outcomes)
    shown.add_row(name, *(f"{one:,}" for one in counted), style=None if good else "bold red")
