"""What a sweeper looks at: the imports that run, their open projects, and when something happened last."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from pymongo import DESCENDING

from shared.ids import project_run_id
from shared.kinds import ACTIVE_STATES, FINAL_STATES, State
from shared.mongo import PAGE, Database, Document
from shared.state.imports import ProjectRun, run_of
from shared.state.ledger import TaskState

_NEEDED: Final = {"state": 1, "site": 1, "project_keys": 1, "created_at": 1}


class RunningImport(BaseModel):
    """The few members of an import that tell where it stands: it may have thousands of projects."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(alias="_id")
    site: str
    state: State
    project_keys: tuple[str, ...]
    created_at: datetime


class Running:
    """Reads collections `imports`, `import_projects` and `tasks`."""

    def __init__(self, database: Database) -> None:
        self._imports = database["imports"]
        self._projects = database["import_projects"]
        self._tasks = database["tasks"]

    async def imports(self) -> list[RunningImport]:
        """Return the imports that are queued or running."""
        cursor = self._imports.find({"state": {"$in": sorted(ACTIVE_STATES)}}, _NEEDED)
        return [RunningImport.model_validate(document) async for document in cursor]

    async def at_work(self, site: str, *, but: str = "") -> str | None:
        """Return an import that works on a site, or None. Paused and remapped ones do, undos not."""
        active = {"site": site, "active": True, "import_id": {"$ne": but}}
        if run := await self._projects.find_one(active, {"import_id": 1}):
            return str(run["import_id"])
        ended = sorted(FINAL_STATES | {State.UNDOING})
        query = {"site": site, "state": {"$nin": ended}, "_id": {"$ne": but}}
        found = await self._imports.find_one(query, {"_id": 1})
        return found["_id"] if found else None

    async def last_end(self, site: str) -> datetime:
        """Return when an import of a site came to its end last."""
        query = {"site": site, "completed_at": {"$ne": None}}
        newest = await self._imports.find_one(query, sort=[("completed_at", DESCENDING)])
        return newest["completed_at"] if newest else datetime.min.replace(tzinfo=UTC)

    async def sites(self) -> Sequence[str]:
        """Return all sites that were ever imported from."""
        return sorted(await self._imports.distinct("site"))

    async def open_projects(self, import_id: str) -> AsyncIterator[ProjectRun]:
        """Iterate over the projects of an import that are not closed."""
        async for document in self._projects.find(_open(import_id), batch_size=PAGE):
            yield run_of(document)

    async def count_open_projects(self, import_id: str) -> int:
        """Count the projects of an import that are not closed."""
        return await self._projects.count_documents(_open(import_id))

    async def busy_projects(self, import_id: str) -> set[str]:
        """Return the keys of the projects of which a task still waits or runs."""
        query = {"import_id": import_id, "state": TaskState.PENDING}
        return set(await self._tasks.distinct("project_key", query))

    async def last_change(self, run: ProjectRun) -> datetime | None:
        """Return when a task of a project was entered or closed last; None when it has none."""
        newest = await self._tasks.find_one({"run": run.id}, {"updated_at": 1}, sort=[("updated_at", -1)])
        return newest["updated_at"] if newest else None

    async def note_marker(self, import_id: str, project_key: str) -> None:
        """Note that a marker of a project is in the topic now."""
        await self._projects.update_one(
            {"_id": project_run_id(import_id, project_key)},
            {"$set": {"fetched_at": datetime.now(UTC)}, "$inc": {"markers": 1}},
        )


def _open(import_id: str) -> Document:
    return {"import_id": import_id, "state": {"$nin": sorted(FINAL_STATES)}}
