"""Dry runs: what would become of each document is found out and told, and nothing is written."""

from collections import defaultdict
from collections.abc import Mapping

from services.loader.inbox import Inbox, Loadable, Run
from services.loader.tally import Tally, finding, findings, newest
from services.loader.writer import Outcome, Written, foresee
from shared.kinds import EntityKind
from shared.mongo import Database, Document
from shared.state.findings import FindingCode


async def rehearse(database: Database, inbox: Inbox, tallies: dict[Run, Tally]) -> None:
    """Take the documents of dry runs out of a batch, and note what would become of them.

    What would be created is not noted: it is what the account finds missing in Windshift.
    """
    dry = [one for one in inbox.loadables if inbox.contexts[one.run.import_id].dry_run]
    if not dry:
        return
    inbox.loadables = [one for one in inbox.loadables if not inbox.contexts[one.run.import_id].dry_run]
    winners = newest(dry)
    written = await _foreseen(database, inbox, winners)
    for winner in winners.values():
        tallies.setdefault(winner.run, Tally()).loaded[winner.kind] += 1
    inbox.findings += findings(winners, written)
    inbox.findings += [
        finding(winner, FindingCode.WOULD_REPLACE)
        for id_, winner in winners.items()
        if written.outcomes[id_] is Outcome.REPLACED and id_ not in written.conflicts
    ]


async def _foreseen(database: Database, inbox: Inbox, winners: Mapping[str, Loadable]) -> Written:
    written = Written()
    groups: dict[Run, dict[str, list[Document]]] = defaultdict(lambda: defaultdict(list))
    for winner in winners.values():
        groups[winner.run][winner.collection].append(winner.document)
    for run, by_collection in groups.items():
        policy = inbox.contexts[run.import_id].policy
        for collection, documents in by_collection.items():
            await foresee(database, collection, documents, policy, into=written)
    for id_, winner in winners.items():
        if winner.kind is EntityKind.ATTACHMENT and written.outcomes[id_] is Outcome.REPLACED:
            written.outcomes[id_] = Outcome.UNCHANGED  # its bytes were not read, which is all that differs
    return written
