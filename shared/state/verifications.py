"""Verifications: an import compared with Jira again, by whichever process claims the work."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from pymongo import DESCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from shared.mongo import Database, Document


class VerificationState(StrEnum):
    """Where a verification stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Verification(BaseModel):
    """One verification. `tries` counts the processes that began it: each begins at the beginning."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    import_id: str
    connection_id: str
    state: VerificationState = VerificationState.QUEUED
    requested_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error_message: str | None = None
    tries: int = 0
    issues_read: int = 0
    requests: int = 0
    summary: dict[str, Any] = Field(default_factory=dict)  # what is said of all projects together


class Verifications:
    """Collections `verifications` and `verification_projects`; only the newest results of an import stay."""

    def __init__(self, database: Database) -> None:
        self._verifications = database["verifications"]
        self._projects = database["verification_projects"]

    async def ensure_indexes(self) -> None:
        """At most one open verification of an import: the index is the lock."""
        await self._verifications.create_index(
            "import_id", unique=True, partialFilterExpression={"open": True}, name="one_open"
        )
        await self._verifications.create_index([("import_id", 1), ("requested_at", -1)])
        await self._projects.create_index("import_id")

    async def request(self, import_id: str, connection_id: str) -> Verification:
        """Enter a verification; the open one of that import when there is one."""
        fresh = Verification(
            id=str(uuid4()),
            import_id=import_id,
            connection_id=connection_id,
            requested_at=datetime.now(UTC),
        )
        fields = fresh.model_dump()
        try:
            await self._verifications.insert_one(
                {"_id": fields.pop("id"), **fields, "open": True, "lease_until": None}
            )
        except DuplicateKeyError:
            if found := await self._verifications.find_one({"import_id": import_id, "open": True}):
                return _verification(found)
            return await self.request(import_id, connection_id)  # it has just ended
        return fresh

    async def claim(self, owner: str, lease: timedelta) -> Verification | None:
        """Take the oldest open verification that nobody holds: a lease that is over was a dead process'."""
        now = datetime.now(UTC)
        document = await self._verifications.find_one_and_update(
            {"open": True, "$or": [{"lease_until": None}, {"lease_until": {"$lt": now}}]},
            {
                "$set": {
                    "state": VerificationState.RUNNING,
                    "started_at": now,
                    "owner": owner,
                    "lease_until": now + lease,
                    "issues_read": 0,
                    "requests": 0,
                },
                "$inc": {"tries": 1},
            },
            sort=[("requested_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return _verification(document) if document else None

    async def extend(
        self, id_: str, owner: str, lease: timedelta, *, issues_read: int, requests: int
    ) -> bool:
        """Keep holding a verification and tell how far it is; False when another owner has taken it over."""
        return await self._update(
            id_,
            owner,
            {"lease_until": datetime.now(UTC) + lease, "issues_read": issues_read, "requests": requests},
        )

    async def release(
        self, id_: str, owner: str, *, wait: timedelta | None = None, reason: str | None = None
    ) -> None:
        """Leave a verification to whoever claims it next, and not before a while."""
        until = datetime.now(UTC) + wait if wait else None
        await self._update(id_, owner, {"lease_until": until, "error_message": reason})

    async def complete(
        self, verification: Verification, owner: str, *, summary: Document, projects: Sequence[Document]
    ) -> bool:
        """Store the results (JSON, by project) in place of older ones; False when another took it over."""
        ours = {"import_id": verification.import_id, "attempt": _attempt(verification)}
        if projects:
            await self._projects.insert_many([{**ours, "order": n, **one} for n, one in enumerate(projects)])
        result = {"summary": summary, "error_message": None}
        completed = await self._end(verification.id, owner, VerificationState.COMPLETED, result)
        useless = {"$ne": ours["attempt"]} if completed else ours["attempt"]
        await self._projects.delete_many({"import_id": verification.import_id, "attempt": useless})
        return completed

    async def fail(self, id_: str, owner: str, reason: str) -> bool:
        """End a verification that found out nothing."""
        return await self._end(id_, owner, VerificationState.FAILED, {"error_message": reason})

    async def newest(self, import_id: str) -> Verification | None:
        """Return the last one that was asked for."""
        document = await self._verifications.find_one(
            {"import_id": import_id}, sort=[("requested_at", DESCENDING)]
        )
        return _verification(document) if document else None

    async def results(self, verification: Verification) -> list[Document]:
        """Return what `complete` stored of each project, in its order."""
        query = {"import_id": verification.import_id, "attempt": _attempt(verification)}
        hidden = {"_id": 0, "import_id": 0, "attempt": 0, "order": 0}
        return await self._projects.find(query, hidden).sort("order", 1).to_list(None)

    async def _end(self, id_: str, owner: str, state: VerificationState, fields: Document) -> bool:
        ended = {"state": state, "open": False, "lease_until": None, "ended_at": datetime.now(UTC)}
        return await self._update(id_, owner, {**ended, **fields})

    async def _update(self, id_: str, owner: str, fields: Document) -> bool:
        query = {"_id": id_, "owner": owner, "open": True}
        return (await self._verifications.update_one(query, {"$set": fields})).matched_count == 1


def _attempt(verification: Verification) -> str:
    """Name one process' work, so that what a slow one stores late is not taken for another's."""
    return f"{verification.id}/{verification.tries}"


def _verification(document: Document) -> Verification:
    return Verification(id=document["_id"], **{k: v for k, v in document.items() if k != "_id"})
