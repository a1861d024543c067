"""Who gained what from a batch: the newest of each document, and the progress of each project."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.loader.inbox import PAYLOAD_LIMIT, Inbox, Loadable, Run
from services.loader.writer import Outcome, Written
from shared.contracts.events import BatchLoaded, ProjectFetched
from shared.kinds import EntityKind
from shared.state.dead_letters import DeadLetter
from shared.state.findings import Finding, FindingCode

# A restriction is applied even to what otherwise stays as it was edited in Windshift.
_TOLD_OF: Final = {
    Outcome.STALE: frozenset[FindingCode](),
    Outcome.KEPT: frozenset({FindingCode.MADE_PRIVATE}),
}


@dataclass(slots=True)
class Tally:
    """What one project gained; `loaded` counts what is durable, written now or before."""

    loaded: Counter[EntityKind] = field(default_factory=Counter)
    written: int = 0


@dataclass(slots=True)
class Report:
    """What came of the portions that are loaded one behind the other."""

    tallies: dict[Run, Tally] = field(default_factory=dict)
    spans: dict[Run, tuple[int, int]] = field(default_factory=dict)  # first and last offset
    letters: dict[Run, set[str]] = field(default_factory=lambda: defaultdict(set))  # their keys
    findings: list[Finding] = field(default_factory=list)
    markers: dict[tuple[str, str], ProjectFetched] = field(default_factory=dict)

    def add(self, inbox: Inbox) -> None:
        """Take over what a portion held, beside its tallies."""
        for run, (first, last) in inbox.spans.items():
            self.spans[run] = self.spans.get(run, (first, last))[0], last
        for run, letters in inbox.letters.items():
            self.letters[run].update(letter.key for letter in letters)
        self.findings += inbox.findings
        # One marker per project: fetchers that end together may each have sent one.
        self.markers.update({(one.import_id, one.project_key): one for one in inbox.markers})

    def progress(self) -> list[BatchLoaded]:
        """Return one event for each project, with the offsets that make a replay recognisable."""
        events = []
        for run, (first, last) in self.spans.items():
            tally = self.tallies.get(run) or Tally()
            events.append(
                BatchLoaded(
                    import_id=run.import_id,
                    project_key=run.project_key,
                    partition=run.partition,
                    first_offset=first,
                    last_offset=last,
                    loaded=dict(tally.loaded),
                    written=tally.written,
                    dead_lettered=len(self.letters.get(run, ())),
                )
            )
        return events


def newest(loadables: Iterable[Loadable]) -> dict[str, Loadable]:
    """Return the newest version of each document by `_id`; of equally new ones, the last."""
    winners: dict[str, Loadable] = {}
    for loadable in loadables:
        known = winners.get(loadable.id)
        if known is None or _rank(loadable) >= _rank(known):
            winners[loadable.id] = loadable
    return winners


def settle(
    inbox: Inbox, winners: Mapping[str, Loadable], written: Written, tallies: dict[Run, Tally]
) -> None:
    """Count each document once for each project that brought it; what was refused becomes a letter."""
    seen: set[tuple[Run, str]] = set()
    for loadable in inbox.loadables:
        if (loadable.run, loadable.id) in seen:
            continue
        seen.add((loadable.run, loadable.id))
        if reason := written.refused.get(loadable.id):
            inbox.letters[loadable.run].append(_refusal(loadable, reason))
            continue
        tally = tallies.setdefault(loadable.run, Tally())
        tally.loaded[loadable.kind] += 1
        fresh = written.outcomes[loadable.id] in (Outcome.INSERTED, Outcome.REPLACED)
        tally.written += fresh and winners[loadable.id].run == loadable.run


def findings(winners: Mapping[str, Loadable], written: Written) -> list[Finding]:
    """Return conflicts, and what transforms noted about the documents that are in the store as here."""
    noted = [
        finding(winner, note.code, note.detail)
        for id_, winner in winners.items()
        if winner.notes
        for note in winner.notes
        if note.code in _TOLD_OF.get(written.outcomes.get(id_, Outcome.STALE), (note.code,))
    ]
    conflicts = written.conflicts.items()
    return noted + [finding(winners[id_], FindingCode.CONFLICT, detail) for id_, detail in conflicts]


def finding(loadable: Loadable, code: FindingCode, detail: str = "") -> Finding:
    """Return a finding about a document."""
    return Finding(
        import_id=loadable.run.import_id,
        project_key=loadable.run.project_key,
        kind=loadable.kind,
        id=loadable.jira_id,
        code=code,
        detail=detail,
    )


def _rank(loadable: Loadable) -> tuple[int, int]:
    """Newer beats older; where Jira keeps no time, the fuller form of the same thing wins (see `writer`)."""
    updated: int | None = loadable.document["updated"]
    return (-1, len(loadable.document["source"] or "")) if updated is None else (updated, 0)


def _refusal(loadable: Loadable, reason: str) -> DeadLetter:
    source: str | None = loadable.document["source"]
    return DeadLetter(
        import_id=loadable.run.import_id,
        project_key=loadable.run.project_key,
        kind=loadable.kind,
        id=loadable.jira_id,
        issue_id=loadable.issue_id,
        stage="load",
        code="refused_by_store",
        reason=reason,
        payload=source if source is not None and len(source) < PAYLOAD_LIMIT else None,
        payload_blob=loadable.document.get("source_blob"),
        updated=loadable.document["updated"],
        content=loadable.content,
    )
