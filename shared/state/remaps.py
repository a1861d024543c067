"""How far another mapping has been applied to what an import brought, project by project."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from shared.ids import project_run_id
from shared.mongo import Database


class Remap(BaseModel):
    """One project of a remap. `total` and `done` count issues; `changed`, documents that differ now."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    import_id: str
    project_key: str
    revision: int  # of the plan that is applied
    total: int
    done: int = 0
    changed: int = 0
    position: int = 0  # among all things of the project, in their order
    requested_at: datetime
    finished_at: datetime | None = None

    @property
    def id(self) -> str:
        """`{import}/{project}`."""
        return project_run_id(self.import_id, self.project_key)


class Remaps:
    """Collection `remaps`: of each project of an import the last one."""

    def __init__(self, database: Database) -> None:
        self._collection = database["remaps"]

    async def ensure_indexes(self) -> None:
        """They are read per import."""
        await self._collection.create_index([("import_id", 1)])

    async def begin(self, import_id: str, revision: int, totals: Mapping[str, int]) -> None:
        """Begin anew with each project, whatever was going on; `totals` are by project key."""
        now = datetime.now(UTC)
        for key, total in totals.items():
            remap = Remap(
                import_id=import_id, project_key=key, revision=revision, total=total, requested_at=now
            )
            await self._collection.replace_one({"_id": remap.id}, remap.model_dump(), upsert=True)

    async def get(self, import_id: str, project_key: str) -> Remap | None:
        """Return the remap of one project, or None."""
        document = await self._collection.find_one({"_id": project_run_id(import_id, project_key)})
        return Remap.model_validate(document) if document else None

    async def of(self, import_ids: Sequence[str]) -> list[Remap]:
        """Return the remaps of some imports."""
        cursor = self._collection.find({"import_id": {"$in": list(import_ids)}})
        return [Remap.model_validate(document) for document in await cursor.to_list(None)]

    async def put(self, before: Remap, after: Remap) -> bool:
        """Store a step; False when somebody else made one meanwhile."""
        query = {"_id": before.id, "revision": before.revision, "position": before.position}
        result = await self._collection.replace_one(query, after.model_dump())
        return result.matched_count == 1
