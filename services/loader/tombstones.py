"""What Jira has no more, or hides by now: its document stays in Windshift, with a mark."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from services.loader.conflicts import is_edited
from services.loader.writer import store_errors
from shared.content import GONE
from shared.contracts.events import ProjectFetched
from shared.groups import groups
from shared.id_sets import IdSet
from shared.ids import entity_id
from shared.kinds import ConflictPolicy, EntityKind
from shared.mongo import Collection, Store
from shared.reconcile import KindReconciliation
from shared.sink import COLLECTION_OF
from shared.state.findings import Finding, FindingCode, Findings

_AT_ONCE: Final = 50  # documents that are read whole, to see whether they were edited
_KEPT: Final = "edited in Windshift, gone from Jira: it stays without a mark"
_MARKED: Final = "edited in Windshift, gone from Jira: it is marked as gone"


async def mark_all_gone(
    store: Store,
    marker: ProjectFetched,
    kinds: Mapping[EntityKind, KindReconciliation],
    policy: ConflictPolicy,
) -> None:
    """Mark everything that is gone from a project which is complete."""
    for kind, account in kinds.items():
        if account.gone:
            findings = await mark_gone(store, marker, kind, account.gone, policy)
            with store_errors("writing findings"):
                await Findings(store.state).add(findings)


async def mark_gone(
    store: Store, marker: ProjectFetched, kind: EntityKind, gone: IdSet, policy: ConflictPolicy
) -> list[Finding]:
    """Mark the documents of things that are gone; return a finding for each that was edited in Windshift.

    Nobody knows when they went: by time, an edit in Windshift is the newer one. Repeating changes nothing.
    """
    collection = store.windshift[COLLECTION_OF[kind]]
    findings: list[Finding] = []
    with store_errors("marking what is gone"):
        for ids in groups(gone, _AT_ONCE):
            plain, edited = await _sorted(collection, [entity_id(marker.site, kind, id_) for id_ in ids])
            marked = plain + edited if policy is ConflictPolicy.KEEP_JIRA else plain
            if marked:
                now = datetime.now(UTC)
                await collection.update_many({"_id": {"$in": marked}, GONE: None}, {"$set": {GONE: now}})
            findings += [
                _finding(marker, kind, identity, _MARKED if identity in marked else _KEPT)
                for identity in edited
            ]
    return findings


async def _sorted(collection: Collection, identities: list[str]) -> tuple[list[str], list[str]]:
    """Return which of the documents are as an import wrote them, and which were edited."""
    plain: list[str] = []
    edited: list[str] = []
    async for document in collection.find({"_id": {"$in": identities}, GONE: None}):
        (edited if is_edited(document) else plain).append(document["_id"])
    return plain, edited


def _finding(marker: ProjectFetched, kind: EntityKind, identity: str, detail: str) -> Finding:
    return Finding(
        import_id=marker.import_id,
        project_key=marker.project_key,
        kind=kind,
        id=identity.removeprefix(entity_id(marker.site, kind, "")),
        code=FindingCode.CONFLICT,
        detail=detail,
    )
