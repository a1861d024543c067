"""Undone imports: what of theirs was removed from Windshift, and what stays there for which reason."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pymongo import DESCENDING

from shared.kinds import UNDO_STATES, State
from shared.mongo import Database, Document, aggregate, insert_missing
from shared.state.chores import Chore, ChoreKind
from shared.state.imports import ProjectRun, run_of


class Why(StrEnum):
    """Why a document stays."""

    EDITED = "edited"  # in Windshift, since an import wrote it
    ALSO_IMPORTED = "also_imported"  # another import, which the detail names, brought it too
    STILL_USED = "still_used"  # a document that stays, which the detail names, refers to it
    UPDATED = "updated"  # only updated: the import that the detail names created it, or nobody knows who
    MAPPED = "mapped"  # it was there before: something of Jira was mapped to it


class Kept(BaseModel):
    """One document that stays. `kind` and `id` are the ends of its `_id`, where it has one of ours."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    id: str
    why: Why
    detail: str = ""


class Undo(BaseModel):
    """How far an undo is; numbers of documents by kind. `total` is what there was to look at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    requested_at: datetime
    ended_at: datetime | None = None
    total: dict[str, int] | None = None  # None until it was counted
    removed: dict[str, int] = Field(default_factory=dict)
    times: int = 0  # that it came to its end


class Undos:
    """Collections `undos` and `kept_documents`, and the sides of imports that an undo needs."""

    def __init__(self, database: Database) -> None:
        self._undos = database["undos"]
        self._kept = database["kept_documents"]
        self._imports = database["imports"]
        self._projects = database["import_projects"]

    async def ensure_indexes(self) -> None:
        """Kept documents are counted and listed per import."""
        await self._kept.create_index([("import_id", 1)])

    async def request(self, import_id: str) -> None:
        """Enter an undo, or enter it again: what was removed before stays counted."""
        asked = {"requested_at": datetime.now(UTC), "ended_at": None, "total": None}
        await self._undos.update_one({"_id": import_id}, {"$set": asked}, upsert=True)

    async def again(self, import_id: str) -> None:
        """Let an import be undone once more, whether that has come to its end or not."""
        await self.request(import_id)
        chore = Chore(kind=ChoreKind.UNDO).model_dump()
        await self._imports.update_one(
            {"_id": import_id, "state": {"$in": sorted(UNDO_STATES)}},
            {"$set": {"state": State.UNDOING}, "$push": {"chores": chore}},
        )

    async def get(self, import_id: str) -> Undo | None:
        """Return the undo of an import, or None."""
        document = await self._undos.find_one({"_id": import_id})
        return Undo.model_validate(document) if document else None

    async def begin(self, import_id: str, found: Mapping[str, int]) -> dict[str, int]:
        """Note what there is to look at; return the totals, which stay the same when a crash repeats this."""
        undo = await self.get(import_id)
        if undo is not None and undo.total is not None:
            return undo.total
        before = undo.removed if undo else {}
        total = {kind: before.get(kind, 0) + found.get(kind, 0) for kind in before.keys() | found.keys()}
        await self._undos.update_one({"_id": import_id}, {"$set": {"total": total}})
        return total

    async def note_removed(self, import_id: str, kind: str, count: int) -> None:
        """Note how many documents of a kind were removed, in all."""
        await self._undos.update_one({"_id": import_id}, {"$set": {f"removed.{kind}": count}})

    async def end(self, import_id: str) -> None:
        """Note that an undo has come to its end."""
        ended = {"$set": {"ended_at": datetime.now(UTC)}, "$inc": {"times": 1}}
        await self._undos.update_one({"_id": import_id}, ended)

    async def keep(self, import_id: str, kept: Sequence[Kept]) -> None:
        """Add documents that stay; each has one reason, the first one."""
        documents = {f"{import_id}/{one.kind}/{one.id}": one for one in kept}
        await insert_missing(
            self._kept,
            [{"_id": id_, "import_id": import_id, **one.model_dump()} for id_, one in documents.items()],
        )

    async def forget_kept(self, import_id: str) -> None:
        """Remove the list of what stays: it is made anew."""
        await self._kept.delete_many({"import_id": import_id})

    async def kept_counts(self, import_id: str) -> dict[str, dict[str, int]]:
        """Return how many documents stay, by kind and reason."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        pipeline: list[Document] = [
            {"$match": {"import_id": import_id}},
            {"$group": {"_id": {"kind": "$kind", "why": "$why"}, "count": {"$sum": 1}}},
        ]
        async for group in aggregate(self._kept, pipeline):
            counts[group["_id"]["kind"]][group["_id"]["why"]] = group["count"]
        return {kind: dict(sorted(counts[kind].items())) for kind in sorted(counts)}

    async def kept(
        self, import_id: str, *, kind: str = "", why: Why | None = None, offset: int, limit: int
    ) -> list[Kept]:
        """Return some of the documents that stay, in order of their kinds and ids."""
        query: dict[str, Any] = {"import_id": import_id}
        query |= {"kind": kind} if kind else {}
        query |= {"why": why} if why else {}
        cursor = self._kept.find(query).sort("_id", 1).skip(offset).limit(limit)
        return [Kept.model_validate(document) for document in await cursor.to_list(limit)]

    async def mark_projects(self, import_id: str, state: State) -> None:
        """Note of the projects of an import that they are being undone, or are."""
        await self._projects.update_many(
            {"import_id": import_id}, {"$set": {"state": state, "active": False}}
        )

    async def runs_at(self, site: str, *, but: str) -> list[ProjectRun]:
        """Return what other imports of a site read, the newest first; without dry and undone ones."""
        query = {
            "site": site,
            "import_id": {"$ne": but},
            "dry_run": {"$ne": True},
            "state": {"$ne": State.UNDONE},
        }
        documents = await self._projects.find(query).sort("created_at", DESCENDING).to_list(None)
        return [run_of(document) for document in documents]

    async def waiting(self, site: str, *, but: str) -> list[str]:
        """Return the other undone imports of a site of which something stays on behalf of others."""
        query = {"site": site, "state": State.UNDONE, "_id": {"$ne": but}}
        ids = [document["_id"] async for document in self._imports.find(query, {"_id": 1})]
        return [id_ for id_ in ids if await self._kept.find_one(_for_others(id_), {"_id": 1})]


def _for_others(import_id: str) -> Document:
    return {"import_id": import_id, "why": {"$in": [Why.ALSO_IMPORTED, Why.STILL_USED]}}
