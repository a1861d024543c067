"""What is named before it is there: bodies and parents are made again once their names are known."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Final

import orjson

from services.loader.claims import keep_source_aside, stored_source
from services.loader.contexts import Contexts
from services.loader.directory import Directory, name_of
from services.loader.inbox import Inbox, Loadable
from services.loader.transform import Original, to_document
from services.loader.transform.original import Name
from services.loader.writer import Outcome, Written, store_errors, write
from shared.blobs import Blobs
from shared.content import GONE
from shared.contracts.events import EntityFetched, ProjectFetched
from shared.kinds import ConflictPolicy, EntityKind
from shared.mongo import Document, Store
from shared.sink import COLLECTION_OF
from shared.state.findings import Finding, FindingCode, Findings
from shared.state.unsettled import Unsettled, UnsettledDocuments

# Of these there are too many to keep the names of all.
_ASKED_FOR: Final = frozenset({EntityKind.ISSUE, EntityKind.ATTACHMENT})
_CODE_OF: Final = {
    EntityKind.USER: FindingCode.USER_UNKNOWN,
    EntityKind.ATTACHMENT: FindingCode.FILE_UNKNOWN,
    EntityKind.ISSUE: FindingCode.LINK_OUTSIDE,
}
_TOLD_AT_ONCE: Final = 1_000  # findings; of a huge project there may be any number


class Settling:
    """Names within a batch, and once more when a project is complete."""

    def __init__(self, store: Store, contexts: Contexts) -> None:
        self.directory = Directory(store.windshift)
        self._store = store
        self._contexts = contexts
        self._blobs = Blobs(store)
        self._unsettled = UnsettledDocuments(store.state)
        self._findings = Findings(store.state)

    async def name(self, inbox: Inbox) -> None:
        """Make those documents again whose names came later in the batch, or are in the store."""
        written = [one for one in inbox.loadables if not inbox.contexts[one.run.import_id].dry_run]
        for loadable in written:
            if loadable.kind is EntityKind.USER:
                self.directory.learn(loadable.document)
        asking = [(one, one.original) for one in inbox.loadables if one.original]
        if not asking:
            return
        wanted = {name for _, original in asking for name in original.unknown}
        for loadable in written:
            if loadable.kind in _ASKED_FOR and name_of(loadable.document) in wanted:
                self.directory.learn(loadable.document)
        await self.directory.look_up(wanted)
        for loadable, original in asking:
            if any(name in self.directory.names for name in original.unknown):
                loadable.document = _again(original)

    async def remember(self, winners: Mapping[str, Loadable], written: Written) -> None:
        """Enter those documents of a batch that still want names."""
        entries = [
            _entry(winner.original)
            for id_, winner in winners.items()
            if winner.original
            and winner.original.unknown
            and written.outcomes.get(id_, Outcome.STALE) is not Outcome.STALE
        ]
        with store_errors("remembering what is unsettled"):
            await self._unsettled.put(entries)

    async def settle(self, marker: ProjectFetched) -> None:
        """Make all documents of the site again that want a name which is known by now.

        Other projects' too: what they name may have come with this one.
        """
        with store_errors("reading what is unsettled"):
            names = [_name(marker.site, text) for text in await self._unsettled.names(marker.site)]
        await self.directory.look_up(names)
        known = [_text(name) for name in names if name in self.directory.names]
        with store_errors("settling names"):
            async for page in self._unsettled.wanting(marker.site, known):
                await self._make_again(page)

    async def tell(self, marker: ProjectFetched) -> None:
        """Note what one import of a project names and nobody has."""
        found: list[Finding] = []
        with store_errors("telling what is unsettled"):
            async for entry in self._unsettled.of_project(marker.import_id, marker.project_key):
                found += _findings(entry)
                if len(found) >= _TOLD_AT_ONCE:
                    await self._findings.add(found)
                    found.clear()
            await self._findings.add(found)

    async def _make_again(self, entries: Sequence[Unsettled]) -> None:
        before = {entry.id: entry for entry in entries}
        originals = {original.id: original async for original in self._originals(entries)}
        documents: dict[tuple[str, ConflictPolicy], list[Document]] = defaultdict(list)
        for original in originals.values():
            document = to_document(original)
            if original.unknown and await self.directory.look_up(original.unknown):
                document = _again(original)
            await keep_source_aside(self._blobs, document)
            documents[COLLECTION_OF[original.entity.kind], original.context.policy].append(document)
        for (collection, policy), made in documents.items():
            await write(self._store.windshift, collection, made, policy, into=Written())
        after = {id_: _wanting(before[id_], one.unknown) for id_, one in originals.items()}
        await self._unsettled.put([entry for entry in after.values() if entry.names])
        await self._unsettled.drop([id_ for id_ in before if id_ not in after or not after[id_].names])
        still = {finding.key for entry in after.values() for finding in _findings(entry)}
        told = [finding for entry in before.values() for finding in _findings(entry)]
        await self._findings.withdraw([finding for finding in told if finding.key not in still])

    async def _originals(self, entries: Sequence[Unsettled]) -> AsyncIterator[Original]:
        """Read back what documents were made of; without those that are gone, here or in Jira."""
        by_collection: dict[str, dict[str, Unsettled]] = defaultdict(dict)
        for entry in entries:
            by_collection[COLLECTION_OF[entry.kind]][entry.id] = entry
        await self._contexts.refresh({entry.import_id for entry in entries})
        for collection, wanted in by_collection.items():
            there: Document = {"_id": {"$in": list(wanted)}, GONE: None}
            async for document in self._store.windshift[collection].find(there):
                entry = wanted[document["_id"]]
                entity = EntityFetched(
                    import_id=document["import_id"],
                    site=entry.site,
                    project_id=entry.project_id,
                    project_key=entry.project_key,
                    kind=entry.kind,
                    id=entry.jira_id,
                    updated=document["updated"],
                    occurred_at=0,
                )
                payload = orjson.loads(await stored_source(self._blobs, document))
                context = await self._contexts.of(entry.import_id)
                yield Original(entity, payload, context, self.directory.names)


def _again(original: Original) -> Document:
    """Transform once more, with the names that are known by now."""
    original.notes.clear()
    original.unknown.clear()
    return to_document(original)


def _entry(original: Original) -> Unsettled:
    entity = original.entity
    entry = Unsettled(
        id=original.id,
        import_id=entity.import_id,
        site=entity.site,
        project_id=entity.project_id,
        project_key=entity.project_key,
        kind=entity.kind,
        jira_id=entity.id,
        names=(),
    )
    return _wanting(entry, original.unknown)


def _wanting(entry: Unsettled, names: Iterable[Name]) -> Unsettled:
    return entry.model_copy(update={"names": tuple(sorted(_text(name) for name in names))})


def _findings(entry: Unsettled) -> Iterator[Finding]:
    for text in entry.names:
        kind, _, name = text.partition(":")
        yield Finding(
            import_id=entry.import_id,
            project_key=entry.project_key,
            kind=entry.kind,
            id=entry.jira_id,
            code=_CODE_OF[EntityKind(kind)],
            detail=f"parent {name}" if kind == EntityKind.ISSUE else name,
        )


def _text(name: Name) -> str:
    return f"{name.kind.value}:{name.text}"


def _name(site: str, text: str) -> Name:
    kind, _, rest = text.partition(":")
    return Name(site, EntityKind(kind), rest)
