"""Connections: a site plus an encrypted credential."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict

from shared.kinds import Deployment, TokenKind
from shared.mongo import Database


class Connection(BaseModel):
    """One saved connection. `sealed_token` is what `Vault.encrypt` returned for owner `id`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    site: str
    instance_url: str  # as the admin entered it, without a trailing slash
    base_url: str  # where requests go: the site, or the gateway for a scoped token
    email: str
    deployment: Deployment
    token_kind: TokenKind
    cloud_id: str = ""
    instance_name: str = ""
    account_id: str = ""
    time_zone: str = "UTC"  # of the account: JQL dates are read in it
    boards_readable: bool = True
    sealed_token: dict[str, str]
    created_at: datetime
    last_used_at: datetime | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone, in which Jira reads the dates of JQL.

        For one that nobody knows, the zone where every moment is earliest: windows then only overlap more.
        """
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("Etc/GMT+12")


class Connections:
    """Collection `connections`."""

    def __init__(self, database: Database) -> None:
        self._collection = database["connections"]

    async def add(self, connection: Connection) -> None:
        """Store a new connection."""
        await self._collection.insert_one(_to_document(connection))

    async def replace(self, connection: Connection) -> None:
        """Store a connection in place of the one of its id; when that was used last, stays."""
        fields = _to_document(connection)
        del fields["last_used_at"]
        await self._collection.update_one({"_id": fields.pop("_id")}, {"$set": fields})

    async def get(self, connection_id: str) -> Connection | None:
        """Return a connection, or None when there is none of that id."""
        document = await self._collection.find_one({"_id": connection_id})
        return _from_document(document) if document else None

    async def all(self) -> list[Connection]:
        """Return all connections, oldest first."""
        documents = await self._collection.find().sort("created_at", 1).to_list(None)
        return [_from_document(document) for document in documents]

    async def touch(self, connection_id: str) -> None:
        """Note that the connection was used now."""
        await self._collection.update_one(
            {"_id": connection_id}, {"$set": {"last_used_at": datetime.now(UTC)}}
        )

    async def set_time_zone(self, connection_id: str, time_zone: str) -> None:
        """Note the account's time zone of today: its owner may change it, and dates of JQL are read in it."""
        if time_zone:
            await self._collection.update_one({"_id": connection_id}, {"$set": {"time_zone": time_zone}})

    async def delete(self, connection_id: str) -> bool:
        """Delete a connection and its credential; False when it was not there."""
        return (await self._collection.delete_one({"_id": connection_id})).deleted_count == 1


def _to_document(connection: Connection) -> dict[str, Any]:
    fields = connection.model_dump()
    return {"_id": fields.pop("id"), **fields}


def _from_document(document: dict[str, Any]) -> Connection:
    return Connection(id=document["_id"], **{k: v for k, v in document.items() if k != "_id"})
