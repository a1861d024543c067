"""Applies another mapping to what an import brought, from the stored originals: a page at each message."""

import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Final

import orjson

from services.loader.batch import Loader, Publish
from services.loader.claims import stored_source
from services.loader.inbox import Run
from services.loader.writer import store_errors
from shared import failpoints
from shared.blobs import Blobs
from shared.contracts.events import (
    EntityFetched,
    ProjectFetched,
    RemapProgressed,
    RemapRequested,
)
from shared.groups import groups
from shared.holdings import holdings
from shared.id_sets import IdSet
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.logging import get_logger
from shared.mongo import Document, Store
from shared.sink import COLLECTION_OF, MAPPABLE, MAPPED, REMAPPED
from shared.state import State
from shared.state.findings import FindingCode
from shared.state.imports import ProjectRun
from shared.state.remaps import Remap

log = get_logger("loader")

_PAGE: Final = 1_000  # things that are made again at each message: about a second
_AT_ONCE: Final = 50  # ids in one `$in`
_KEPT: Final = 16  # projects that this process is in the middle of

_ORIGINAL: Final = dict.fromkeys(("jira_id", "updated", "source", "source_blob", "import_id"), 1)

_Thing = tuple[EntityKind, str]  # with its id in Jira


class Remapper:
    """Works through a project; how far it is stands in the store, so that a restart goes on there."""

    def __init__(self, store: Store, loader: Loader, *, publish: Publish) -> None:
        self._store = store
        self._state = State(store)
        self._blobs = Blobs(store)
        self._loader = loader
        self._publish = publish
        self._begun: dict[str, tuple[int, Iterator[_Thing]]] = {}  # positions, and what comes there

    async def step(self, event: RemapRequested) -> None:
        """Make one page again and tell, then ask for the next one.

        Without effect once the project is finished, or a newer mapping was asked for. What follows is
        published before the step is stored: a crash in between repeats a page, and an event too many finds
        less to do.
        """
        with store_errors("reading a remap"):
            remap = await self._state.remaps.get(event.import_id, event.project_key)
            run = await self._state.imports.project(event.import_id, event.project_key)
        if remap is None or run is None or remap.revision != event.revision or remap.finished_at:
            return
        if not remap.position:
            with store_errors("removing findings"):
                await self._state.findings.clear(run.import_id, run.project_key, FindingCode.VALUE_KEPT_RAW)
        things = await self._things_of(remap, run)
        page = list(islice(things, _PAGE))
        stored = self._stored(run, page)
        changed = await self._loader.reload(Run(run.import_id, run.project_key, 0), stored)
        now = remap.model_copy(
            update={
                "done": remap.done + sum(kind is EntityKind.ISSUE for kind, _ in page),
                "changed": remap.changed + changed,
                "position": remap.position + len(page),
                "finished_at": datetime.now(UTC) if len(page) < _PAGE else None,
            }
        )
        following = event if now.finished_at is None else await self._loader.close(_marker(run))
        await self._publish([_progressed(now), following])
        failpoints.reach("remap.published")
        with store_errors("storing how far a remap is"):
            await self._state.remaps.put(remap, now)
        self._go_on(now, things)
        log.info("remapped", import_id=now.import_id, project_key=now.project_key, done=now.done)

    async def _things_of(self, remap: Remap, run: ProjectRun) -> Iterator[_Thing]:
        """Return the things from where the remap is; the ledger is read only where we were not before."""
        position, things = self._begun.pop(remap.id, (-1, iter(())))
        if position == remap.position:
            return things
        with store_errors("reading the ledger"):
            held = (await holdings(self._state, run.id)).present
        every = ((kind, id_) for kind in sorted(REMAPPED) for id_ in held.get(kind, IdSet()))
        return islice(every, remap.position, None)

    def _go_on(self, remap: Remap, things: Iterator[_Thing]) -> None:
        """Keep what comes next; not before a step is complete, or it could not be repeated."""
        if remap.finished_at is None:
            self._begun[remap.id] = remap.position, things
        while len(self._begun) > _KEPT:
            del self._begun[next(iter(self._begun))]

    async def _stored(self, run: ProjectRun, page: Iterable[_Thing]) -> AsyncIterator[EntityFetched]:
        """Read back what was stored of some things, as the fetcher had sent it."""
        for kind, group in groupby(page, key=itemgetter(0)):
            for some in groups((id_ for _, id_ in group), _AT_ONCE):
                found = await self._documents(run, kind, some, COLLECTION_OF[kind])
                if kind in MAPPABLE:
                    found |= await self._mapped(run, kind, some, unless=found)
                for document in found.values():
                    yield await self._entity(run, kind, document)

    async def _mapped(
        self, run: ProjectRun, kind: EntityKind, ids: Sequence[str], *, unless: Mapping[str, Document]
    ) -> dict[str, Document]:
        """Return originals that have been mapped so far; where there are both, the one of this import."""
        found = await self._documents(run, kind, ids, MAPPED)
        return {
            id_: document
            for id_, document in found.items()
            if id_ not in unless or document["import_id"] == run.import_id
        }

    async def _documents(
        self, run: ProjectRun, kind: EntityKind, ids: Sequence[str], collection: str
    ) -> dict[str, Document]:
        wanted = [entity_id(run.site, kind, id_) for id_ in ids]
        with store_errors("reading originals"):
            cursor = self._store.windshift[collection].find({"_id": {"$in": wanted}}, _ORIGINAL)
            return {document["_id"]: document async for document in cursor}

    async def _entity(self, run: ProjectRun, kind: EntityKind, document: Document) -> EntityFetched:
        return EntityFetched(
            import_id=run.import_id,
            site=run.site,
            project_id=run.project_id,
            project_key=run.project_key,
            kind=kind,
            id=document["jira_id"],
            updated=document["updated"],
            occurred_at=int(time.time() * 1000),
            payload=orjson.loads(await stored_source(self._blobs, document)),
        )


def _marker(run: ProjectRun) -> ProjectFetched:
    return ProjectFetched(
        import_id=run.import_id,
        site=run.site,
        project_id=run.project_id,
        project_key=run.project_key,
        retry=run.retries,
    )


def _progressed(remap: Remap) -> RemapProgressed:
    return RemapProgressed(
        import_id=remap.import_id,
        project_key=remap.project_key,
        revision=remap.revision,
        total=remap.total,
        done=remap.done,
        changed=remap.changed,
        finished=remap.finished_at is not None,
    )
