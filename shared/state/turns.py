"""Turns: of several replicas that could do the same thing at intervals, one does it each time."""

from datetime import UTC, datetime, timedelta

from pymongo.errors import DuplicateKeyError

from shared.mongo import Database


class Turns:
    """Collection `turns`."""

    def __init__(self, database: Database) -> None:
        self._collection = database["turns"]

    async def take(self, what: str, *, owner: str, for_: timedelta) -> bool:
        """Tell whether it is the caller's turn; nobody else gets one for that long.

        A caller that takes longer than its turn may meet the next one: what they do must bear that.
        """
        now = datetime.now(UTC)
        try:
            await self._collection.update_one(
                {"_id": what, "until": {"$lt": now}},
                {"$set": {"owner": owner, "until": now + for_}},
                upsert=True,
            )
        except DuplicateKeyError:  # it is somebody's turn: the query did not match, and the insert met its id
            return False
        return True

    async def prolong(self, what: str, *, owner: str, for_: timedelta) -> None:
        """Let nobody have a turn for that long, unless another one has begun its own."""
        until = datetime.now(UTC) + for_
        await self._collection.update_one({"_id": what, "owner": owner}, {"$set": {"until": until}})

    async def note_done(self, what: str) -> None:
        """Note that something was done to its end; whoever asks for `last_done` need not do it again."""
        await self._collection.update_one(
            {"_id": what}, {"$set": {"done_at": datetime.now(UTC)}}, upsert=True
        )

    async def last_done(self, what: str) -> datetime:
        """Return when something was done last."""
        found = await self._collection.find_one({"_id": what}) or {}
        done_at: datetime = found.get("done_at", datetime.min.replace(tzinfo=UTC))
        return done_at
