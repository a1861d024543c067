"""What holds at a site for a while: cool-downs that Jira asked for, and what its fetchers wait for."""

from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict
from pymongo.errors import DuplicateKeyError

from shared.kinds import WaitingFor
from shared.mongo import Database, Document

_KEPT: Final = 86_400  # seconds


class SharedCoolDown(BaseModel):
    """Until when requests of a family (see `shared.jira.budget`) are to wait."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    site: str
    family: str
    until: datetime
    reason: str = ""


class SiteState(BaseModel):
    """A site as its fetchers see it now."""

    model_config = ConfigDict(frozen=True)

    limited_until: datetime | None = None
    waiting_for: tuple[WaitingFor, ...] = ()  # of each fetcher that works on the site


class Sites:
    """Collection `sites`: small documents, all of them with an `until`. What is over is passed over.

    There is one for each family of a site that was refused, and one for each process.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database["sites"]

    async def ensure_indexes(self) -> None:
        """What is over for a day is forgotten."""
        await self._collection.create_index([("until", 1)], expireAfterSeconds=_KEPT)

    async def cool_down(self, cool_down: SharedCoolDown) -> None:
        """Let every process wait; a longer cool-down that is there stays."""
        name = {"site": cool_down.site, "family": cool_down.family}
        await self._put(
            f"{cool_down.site} {cool_down.family}",
            {"$max": {"until": cool_down.until}, "$set": {**name, "reason": cool_down.reason}},
        )

    async def cool_downs(self) -> list[SharedCoolDown]:
        """Return the cool-downs of all sites that are not over."""
        query = {"until": {"$gt": datetime.now(UTC)}, "family": {"$exists": True}}
        return [SharedCoolDown.model_validate(document) async for document in self._collection.find(query)]

    async def report(
        self, site: str, process: str, waiting_for: WaitingFor | None, *, for_: timedelta
    ) -> None:
        """Say what a process that works on a site waits for most."""
        fields = {"site": site, "waiting_for": waiting_for, "until": datetime.now(UTC) + for_}
        await self._put(f"{site} @{process}", {"$set": fields})

    async def state_of(self, site: str) -> SiteState:
        """Return how a site is now."""
        query = {"site": site, "until": {"$gt": datetime.now(UTC)}}
        documents = [document async for document in self._collection.find(query)]
        ends = [document["until"] for document in documents if "family" in document]
        words = [document["waiting_for"] for document in documents if document.get("waiting_for")]
        return SiteState(limited_until=max(ends, default=None), waiting_for=tuple(words))

    async def _put(self, id_: str, update: Document) -> None:
        try:
            await self._collection.update_one({"_id": id_}, update, upsert=True)
        except DuplicateKeyError:  # another process was the first to enter it
            await self._collection.update_one({"_id": id_}, update)
