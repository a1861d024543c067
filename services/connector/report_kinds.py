"""From the comparison of a kind to the answer that tells of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from services.connector.comparison import KindComparison
from services.connector.schemas.report import KindReport, LostThing, Totals
from shared.id_sets import IdSet
from shared.state.dead_letters import DeadLetter


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of each list an answer shows."""

    offset: int = 0
    limit: int = 100

    def of(self, ids: Iterable[str]) -> list[str]:
        """Cut a list of ids."""
        return list(islice(ids, self.offset, self.offset + self.limit))


@dataclass(frozen=True, slots=True)
class Told:
    """What can be told of a kind beyond what is missing."""

    extra: bool
    contents: bool
    dry_run: bool = False


def kind_report(
    account: KindComparison, letters: Sequence[DeadLetter], window: Window, told: Told
) -> KindReport:
    """Return the account of one kind; `letters` are those inside of the window."""
    absent, extra, changed = account.missing, account.extra, account.changed
    missing, to_create = (IdSet(), absent) if told.dry_run else (absent, IdSet())
    return KindReport(
        jira=len(account.expected),
        windshift=len(account.stored) + (len(extra) if told.extra else 0),
        missing=window.of(missing),
        extra=window.of(extra) if told.extra else None,
        different=window.of(changed) if told.contents else None,
        dead_lettered=[lost(letter) for letter in letters],
        gone=window.of(account.gone),
        to_create=window.of(to_create),
        totals=Totals(
            missing=len(missing),
            extra=len(extra) if told.extra else None,
            different=len(changed) if told.contents else None,
            dead_lettered=len(account.dead),
            gone=len(account.gone),
            to_create=len(to_create),
        ),
    )


def are_identical(kinds: Iterable[KindReport]) -> bool | None:
    """Tell whether both sides have the same; None when nothing differs, but not all could be told."""
    every = [kind.totals for kind in kinds]
    if any(one.missing or one.extra or one.different or one.dead_lettered for one in every):
        return False
    return None if any(one.extra is None or one.different is None for one in every) else True


def lost(letter: DeadLetter) -> LostThing:
    """Return what did not arrive as reports name it."""
    return LostThing(id=letter.id, reason=letter.reason, jira_message=letter.jira_message)
