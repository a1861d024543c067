"""Leases on tasks: who has which pending task in hands, and which tasks are to be published again."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from shared.mongo import Database, Document
from shared.state.ledger import UNTAKEN, Task, TaskState, task_of


class Leases:
    """A side of collection `tasks`.

    `due_at` is the moment from which a pending task may be published again: the end of its owner's lease, or,
    where nobody took it, long after it was published. Clocks may differ by less than a lease: were they to
    differ by more, tasks would be done twice, which costs time and changes nothing.
    """

    def __init__(self, database: Database) -> None:
        self._tasks = database["tasks"]

    async def ensure_indexes(self) -> None:
        """What of an import is due again."""
        await self._tasks.create_index([("import_id", 1), ("state", 1), ("due_at", 1)])

    async def claim(self, task_id: str, *, owner: str, lease: timedelta) -> Task | None:
        """Take a pending task that nobody else has; None when there is none of that id to be had."""
        now = datetime.now(UTC)
        # One after the other: for `$or` beside an `_id` the embedded store reads the whole collection.
        for free in ({"owner": {"$in": [None, owner]}}, {"due_at": {"$lt": now}}):
            # In two steps: for `find_one_and_update` the embedded store reads the whole collection.
            claimed = await self._tasks.update_one(
                {"_id": task_id, "state": TaskState.PENDING, **free},
                {"$set": {"owner": owner, "due_at": now + lease}, "$inc": {"claims": 1}},
            )
            if claimed.matched_count:
                mine = {"_id": task_id, "owner": owner}
                document = await self._tasks.find_one(mine, {"manifest": 0, "issues": 0})
                return task_of(document) if document else None
        return None

    async def renew(self, task_ids: Sequence[str], *, owner: str, lease: timedelta) -> set[str]:
        """Prolong an owner's leases; return those that it still had."""
        mine = _held(task_ids, owner)
        await self._tasks.update_many(mine, {"$set": {"due_at": datetime.now(UTC) + lease}})
        return {document["_id"] async for document in self._tasks.find(mine, {"_id": 1})}

    async def release(self, task_ids: Sequence[str], *, owner: str, due: timedelta) -> None:
        """Give tasks back that are not done; they are published again when they are due."""
        await self._tasks.update_many(
            _held(task_ids, owner), {"$set": {"owner": None, "due_at": datetime.now(UTC) + due}}
        )

    async def due(self, import_ids: Iterable[str], before: datetime, *, limit: int) -> list[Task]:
        """Return tasks that were to be published again before a time: of each import, up to `limit`."""
        found: list[Task] = []
        for import_id in import_ids:  # each by itself: the index answers that at once, however many wait
            query = {"import_id": import_id, "state": TaskState.PENDING, "due_at": {"$lt": before}}
            cursor = self._tasks.find(query, {"manifest": 0, "issues": 0})
            found += [task_of(document) async for document in cursor.limit(limit)]
        return found

    async def put_off(self, tasks: Sequence[Task], *, untaken: timedelta = UNTAKEN) -> None:
        """Note that tasks are published again; an owner that fell silent has lost them."""
        now = datetime.now(UTC)
        query = {
            "_id": {"$in": [task.id for task in tasks]},
            "state": TaskState.PENDING,
            "due_at": {"$lt": now},
        }
        again = {"owner": None, "due_at": now + untaken}
        lost = {**query, "owner": {"$ne": None}}
        await self._tasks.update_many(lost, {"$set": again, "$inc": {"losses": 1}})
        await self._tasks.update_many(query, {"$set": again})


def _held(task_ids: Sequence[str], owner: str) -> Document:
    return {"_id": {"$in": list(task_ids)}, "state": TaskState.PENDING, "owner": owner}
