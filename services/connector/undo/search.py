"""Looks through the store for what an import created, and for everything on account of which it stays."""

from collections.abc import AsyncIterator
from typing import Final

from services.connector.undo.belongings import Belongings
from services.connector.undo.references import BETWEEN_ISSUES, references
from services.connector.undo.shelves import ORIGINAL
from shared.content import CREATED_BY
from shared.id_sets import IdSet
from shared.ids import field_id, parts_of
from shared.mongo import Document, Store
from shared.reconcile import expected_ids
from shared.sink import MAPPED
from shared.state import State
from shared.state.imports import Import
from shared.state.undos import Kept, Why

_PAGE: Final = 200  # documents; most are a few kilobytes, the largest 16 MB
_NO_DOCUMENTS: Final = frozenset({"attachments.files", "attachments.chunks", MAPPED})


async def find_belongings(import_: Import, store: Store) -> Belongings:
    """Return what an import created and what of it stays; may be repeated when a part is removed already."""
    state = State(store)
    await state.undos.forget_kept(import_.id)
    belongings = Belongings(import_, store)
    await _find_created(belongings)
    await _keep_what_others_brought(belongings, state)
    await _look_at_all_others(belongings)
    await _tell_of_targets(belongings, state)
    await belongings.follow()
    return belongings


async def _find_created(belongings: Belongings) -> None:
    """Everything that names the import as its creator, whether a ledger knows it or not."""
    for shelf in belongings.shelves.values():
        created, edited = belongings.created[shelf.kind], IdSet()
        query = shelf.range | {CREATED_BY: belongings.import_.id}
        async for document in _documents(belongings.store, shelf.collection, query):
            id_ = document["_id"].removeprefix(shelf.prefix)
            created.update([id_])
            if await belongings.is_edited(shelf.kind, document):
                edited.update([id_])
        await belongings.keep(shelf.kind, edited, Why.EDITED)


async def _keep_what_others_brought(belongings: Belongings, state: State) -> None:
    """Other imports found these as they should be and wrote nothing: only their ledgers tell."""
    if not any(belongings.created.values()):
        return
    site = belongings.import_.site
    for run in await state.undos.runs_at(site, but=belongings.import_.id):
        kinds = await expected_ids(
            belongings.store, site=site, import_id=run.import_id, project_key=run.project_key
        )
        for kind, account in kinds.items():
            created = account.expected - account.mapped
            mapped = IdSet(f"{kind}:{id_}" for id_ in account.mapped)
            await belongings.keep(kind, created, Why.ALSO_IMPORTED, run.import_id)
            await belongings.keep(ORIGINAL, mapped, Why.ALSO_IMPORTED, run.import_id)


async def _look_at_all_others(belongings: Belongings) -> None:
    """See what documents refer to that others created, of whatever site: these stay in any case."""
    mine = belongings.import_.id
    names = await belongings.store.windshift.list_collection_names()
    for name in sorted(set(names) - _NO_DOCUMENTS):
        query: Document = {CREATED_BY: {"$ne": mine}}
        async for document in _documents(belongings.store, name, query, {"source": 0}):
            if document.get("import_id") == mine:
                await belongings.note(_updated(document))
            # As before this import, another one's links and parents may lead to what was not imported.
            apart = BETWEEN_ISSUES if document.get("import_id") else ()
            named = references(document, belongings.import_.site, apart=apart)
            await belongings.keep_used(named, str(document["_id"]))


async def _tell_of_targets(belongings: Belongings, state: State) -> None:
    """Note what was in Windshift before, and stood for things of Jira."""
    plan = await state.plans.get(belongings.import_.id)
    mapped = dict(plan.targets)
    mapped |= {field_id(plan.site, id_): choice.target for id_, choice in plan.choices.items()}
    for identity, target in mapped.items():
        if target is not None:
            _, kind, id_ = parts_of(identity)
            await belongings.note(Kept(kind=kind, id=id_, why=Why.MAPPED, detail=str(target)))


def _updated(document: Document) -> Kept:
    _, kind, id_ = parts_of(str(document["_id"]))
    return Kept(kind=kind, id=id_, why=Why.UPDATED, detail=str(document.get(CREATED_BY) or ""))


async def _documents(
    store: Store, collection: str, query: Document, fields: Document | None = None
) -> AsyncIterator[Document]:
    async for document in store.windshift[collection].find(query, fields, batch_size=_PAGE):
        yield document
