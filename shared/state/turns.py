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
