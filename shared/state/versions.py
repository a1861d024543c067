"""Versions of what runs: one service tells them, the others go by them."""

from datetime import UTC, datetime

from shared.mongo import Database

TRANSFORM = "transform"  # what makes Windshift's documents of Jira's things


class Versions:
    """Collection `versions`: the one that was started last, by what it is the version of."""

    def __init__(self, database: Database) -> None:
        self._collection = database["versions"]

    async def put(self, what: str, version: str) -> None:
        """Tell a version; the last one told counts."""
        told = {"version": version, "told_at": datetime.now(UTC)}
        await self._collection.update_one({"_id": what}, {"$set": told}, upsert=True)

    async def get(self, what: str) -> str:
        """Return a version; empty when nobody has told one."""
        found = await self._collection.find_one({"_id": what}) or {}
        return str(found.get("version", ""))
