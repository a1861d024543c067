"""The use case: records become durable, are reported, and close the projects they complete."""

import time
from collections import Counter, defaultdict
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from typing import Any, Final

from aiokafka import ConsumerRecord

from services.loader.aliases import aliases
from services.loader.claims import keep_source_aside, redeem
from services.loader.contexts import Contexts
from services.loader.definitions import define
from services.loader.durable import Acknowledged
from services.loader.inbox import ContextOf, Inbox, Loadable, Run, letter_for, open_batch, take
from services.loader.outside import Outside
from services.loader.rehearsal import rehearse
from services.loader.settling import Settling
from services.loader.tally import Report, Tally, findings, newest, settle
from services.loader.tombstones import mark_all_gone
from services.loader.transform.context import Context
from services.loader.writer import Outcome, Written, store_errors, write
from shared import failpoints
from shared.blobs import Blobs
from shared.contracts.events import EntityFetched, Event, ProjectFetched, ProjectLoaded
from shared.errors import PermanentError
from shared.kinds import ConflictPolicy
from shared.logging import get_logger
from shared.metrics import Metrics
from shared.mongo import Document, Store, insert_missing
from shared.reconcile import reconcile
from shared.sink import ALIASES, CUSTOM_FIELDS
from shared.state import State
from shared.state.findings import Finding
from shared.together import together

log = get_logger("loader")

_RELOADED: Final = 8_000_000  # characters of stored originals that are made again at once
_NOTED_AT_ONCE: Final = 1_000  # findings

Publish = Callable[[Sequence[Event]], Awaitable[None]]
Bury = Callable[[Iterable[ConsumerRecord], str], Awaitable[None]]


class Loader:
    """Loads batches; every step may be repeated without changing the result."""

    def __init__(self, store: Store, metrics: Metrics, *, publish: Publish, bury: Bury) -> None:
        self._store = store
        self._blobs = Blobs(store)
        self._state = State(store)
        self._contexts = Contexts(self._state)
        self._settling = Settling(store, self._contexts)
        self._outside = Outside(store)
        self._metrics = metrics
        self._publish = publish
        self._bury = bury
        self._durable = Acknowledged()

    async def load(self, portions: AsyncIterable[Sequence[ConsumerRecord]]) -> None:
        """Make portions of records durable, in order: while one is written, the next is read.

        Then report their progress, and close the projects whose marker came. Raises TransientError when store
        or broker are away: the same records are then handed over again.
        """
        report = Report()
        wanted = _once(self._wanted)
        opened: Inbox | None = None
        async for portion in portions:
            opened, _ = await together(self._open(portion, wanted), self._keep(opened, report))
        await self._keep(opened, report)
        imports = {run.import_id for run in report.spans}
        await together(self._note(report.findings), self._contexts.undo_late(imports))
        with self._metrics.batch_seconds.labels("publish").time():
            await self._publish(report.progress())
            failpoints.reach("loader.told")
            for marker in report.markers.values():
                await self._publish([await self.close(marker)])

    async def _open(self, records: Sequence[ConsumerRecord], wanted: ContextOf) -> Inbox:
        with self._metrics.batch_seconds.labels("transform").time():
            return await open_batch(records, wanted, self._settling.directory.names)

    async def _keep(self, inbox: Inbox | None, report: Report) -> None:
        if inbox is None:
            return
        for record, reason in inbox.unreadable:
            await self._bury([record], reason)
        with self._metrics.batch_seconds.labels("write").time():
            failpoints.reach("loader.read")
            await self._store_all(inbox, report.tallies)
        failpoints.reach("loader.written")
        report.add(inbox)
        if len(report.findings) >= _NOTED_AT_ONCE:
            await self._note(report.findings)
            report.findings.clear()
        self._log(inbox)

    async def _note(self, findings: Sequence[Finding]) -> None:
        with store_errors("writing findings"):
            await self._state.findings.add(findings)

    async def _wanted(self, import_id: str) -> Context | None:
        if not self._contexts.knows(import_id):
            self._settling.directory.forget()
        return await self._contexts.wanted(import_id)

    async def reload(self, run: Run, entities: AsyncIterator[EntityFetched]) -> int:
        """Make documents again of what was stored, some megabytes at once; return how many differ now."""
        await self._contexts.refresh([run.import_id])
        context = await self._contexts.of(run.import_id)
        changed = size = 0
        inbox = self._inbox(run, context)
        async for entity in entities:
            take(inbox, run, entity, entity.payload)
            size += len(inbox.loadables[-1].document["source"]) if inbox.loadables else 0
            if size > _RELOADED:
                changed += await self._store_again(inbox, run)
                size, inbox = 0, self._inbox(run, context)
        return changed + await self._store_again(inbox, run)

    def _inbox(self, run: Run, context: Context) -> Inbox:
        return Inbox(self._settling.directory.names, contexts={run.import_id: context})

    async def _store_again(self, inbox: Inbox, run: Run) -> int:
        for loadable in inbox.loadables:
            await keep_source_aside(self._blobs, loadable.document)
        tallies: dict[Run, Tally] = {}
        await self._store_all(inbox, tallies)
        await self._note(inbox.findings)
        self._durable.take(run.import_id, run.project_key)  # nobody is going to ask for these
        return sum(tally.written for tally in tallies.values())

    async def _store_all(self, inbox: Inbox, tallies: dict[Run, Tally]) -> None:
        await self._settling.name(inbox)
        await self._store_loadables(inbox, tallies)
        for run, entity in inbox.claims:  # large ones: never two of them in memory
            await self._take_claim(inbox, run, entity)
            await self._store_loadables(inbox, tallies)
        with store_errors("writing dead letters"):
            letters = [letter for letters in inbox.letters.values() for letter in letters]
            await self._state.dead_letters.add(letters)

    async def _store_loadables(self, inbox: Inbox, tallies: dict[Run, Tally]) -> None:
        await rehearse(self._store.windshift, inbox, tallies)
        winners = newest(inbox.loadables)
        fresh = {id_: winner for id_, winner in winners.items() if not self._durable.holds(winner)}
        written = Written(dict.fromkeys(winners.keys() - fresh.keys(), Outcome.UNCHANGED))
        await together(
            self._define(inbox), self._alias(fresh.values()), *self._writes(inbox, fresh.values(), written)
        )
        await self._settling.remember(fresh, written)
        settle(inbox, winners, written, tallies)
        inbox.findings += findings(fresh, written)
        self._durable.add(inbox.loadables, winners, written)
        outcomes = Counter((winners[id_].kind, outcome) for id_, outcome in written.outcomes.items())
        for (kind, outcome), count in outcomes.items():
            self._metrics.entities_loaded.labels(kind, outcome).inc(count)
        if inbox.loadables:
            oldest = min(loadable.occurred_at for loadable in inbox.loadables)
            self._metrics.latency_seconds.observe(max(0.0, time.time() - oldest / 1000))
        inbox.loadables = []

    async def _define(self, inbox: Inbox) -> None:
        with store_errors("defining custom fields"):
            await define(self._store.windshift[CUSTOM_FIELDS], inbox)

    async def _alias(self, fresh: Collection[Loadable]) -> None:
        with store_errors("writing aliases"):
            await insert_missing(self._store.windshift[ALIASES], aliases(one.document for one in fresh))

    def _writes(
        self, inbox: Inbox, fresh: Collection[Loadable], written: Written
    ) -> Iterator[Coroutine[Any, Any, None]]:
        """Yield a writing for each collection, which may all run side by side."""
        by_collection: dict[tuple[str, ConflictPolicy], list[Document]] = defaultdict(list)
        for loadable in fresh:
            policy = inbox.contexts[loadable.run.import_id].policy
            by_collection[loadable.collection, policy].append(loadable.document)
        for (collection, policy), documents in by_collection.items():
            yield write(self._store.windshift, collection, documents, policy, into=written)

    async def _take_claim(self, inbox: Inbox, run: Run, entity: EntityFetched) -> None:
        try:
            payload = await redeem(self._blobs, entity)
        except PermanentError as error:
            lost = entity.model_copy(update={"payload_blob": None})
            inbox.letters[run].append(letter_for(run, lost, "payload_unreadable", str(error)))
            return
        take(inbox, run, entity, payload)
        await self._settling.name(inbox)
        for loadable in inbox.loadables:
            if not inbox.contexts[loadable.run.import_id].dry_run:
                await keep_source_aside(self._blobs, loadable.document)

    async def close(self, marker: ProjectFetched) -> ProjectLoaded:
        """Everything before the marker is durable: count what Jira has and what Windshift has."""
        with store_errors("reconciling"):
            kinds = await reconcile(
                self._store,
                site=marker.site,
                import_id=marker.import_id,
                project_key=marker.project_key,
                durable=self._durable.take(marker.import_id, marker.project_key),
            )
            context = await self._contexts.of(marker.import_id)
            if not context.dry_run:
                await mark_all_gone(self._store, marker, kinds, context.policy)
                await self._settling.settle(marker)
                await self._settling.tell(marker)
                await self._outside.tell(marker, kinds)
        accounts = {kind: account.counts(dry_run=context.dry_run) for kind, account in kinds.items()}
        log.info(
            "project_loaded",
            import_id=marker.import_id,
            project_key=marker.project_key,
            missing=sum(account.missing for account in accounts.values()),
            dead_lettered=sum(account.dead_lettered for account in accounts.values()),
        )
        return ProjectLoaded(
            import_id=marker.import_id,
            project_key=marker.project_key,
            retry=marker.retry,
            kinds=accounts,
        )

    def _log(self, inbox: Inbox) -> None:
        letters = Counter(letter.code for one in inbox.letters.values() for letter in one)
        for code, count in letters.items():
            self._metrics.dead_letters.labels("load", code).inc(count)
        log.info(
            "portion_loaded",
            records=inbox.records,
            projects=len(inbox.spans),
            dead_lettered=letters.total(),
            unreadable=len(inbox.unreadable),
            cancelled=inbox.cancelled.total(),
        )


def _once(context_of: ContextOf) -> ContextOf:
    """Ask for each import once, however many portions of a batch have records of it."""
    known: dict[str, Context | None] = {}

    async def remembered(import_id: str) -> Context | None:
        if import_id not in known:
            known[import_id] = await context_of(import_id)
        return known[import_id]

    return remembered
