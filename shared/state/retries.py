"""Trying again what failed: an import that has ended runs once more, for some of its dead letters only."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pymongo import DESCENDING

from shared.kinds import FINAL_STATES, LOADED_STATES, State
from shared.mongo import PAGE, Database
from shared.state.chores import Chore
from shared.state.dead_letters import Choice

_REMEMBERED: Final = 1_000  # imports


class Retry(BaseModel):
    """The retry of an import that was asked for last."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int  # from 1 on
    choice: Choice
    read_again: bool = False  # from Jira, even where what was read is kept
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Retries:
    """A side of collections `imports` and `import_projects`."""

    def __init__(self, database: Database) -> None:
        self._imports = database["imports"]
        self._projects = database["import_projects"]
        self._seen_open: dict[str, str] = {}  # a project, by import

    async def begin(self, import_id: str, retry: Retry, chores: Sequence[Chore]) -> bool:
        """Let an import run again; False if it does already, or is not one that was loaded."""
        changed = await self._imports.update_one(
            {
                "_id": import_id,
                "state": {"$in": sorted(LOADED_STATES)},
                "retry.number": of_retry(retry.number - 1),
            },
            {
                "$set": {
                    "state": State.RUNNING,
                    "retry": retry.model_dump(),
                    "error_message": None,
                    "completed_at": None,
                },
                "$push": {"chores": {"$each": [chore.model_dump() for chore in chores]}},
            },
        )
        return changed.matched_count == 1

    async def open_projects(self, import_id: str, project_keys: Iterable[str], retry: Retry) -> None:
        """Let projects run again; those of which that was said before stay as they are by now."""
        await self._projects.update_many(
            {
                "import_id": import_id,
                "project_key": {"$in": sorted(project_keys)},
                "retries": {"$not": {"$gte": retry.number}},
            },
            {
                "$set": {
                    "state": State.RUNNING,
                    "retries": retry.number,
                    "retried_at": retry.at,
                    "fetched_at": None,
                    "markers": 0,
                }
            },
        )

    async def busy_elsewhere(
        self, import_id: str, site: str, project_keys: Sequence[str]
    ) -> tuple[str, str] | None:
        """Return a project that another import has, and that import's id; None if there is none."""
        query = {
            "site": site,
            "project_key": {"$in": list(project_keys)},
            "active": True,
            "import_id": {"$ne": import_id},
        }
        found = await self._projects.find_one(query, {"project_key": 1, "import_id": 1})
        return (found["project_key"], found["import_id"]) if found else None

    async def state_by_projects(self, import_id: str) -> State | None:
        """Return the final state that follows from an import's projects; None while one of them is open.

        An import may have thousands of them, and this is asked at the end of each: the one that was open at
        the last look tells most times that the import goes on.
        """
        if await self._is_open(self._seen_open.get(import_id)):
            return None
        states: set[State] = set()
        cursor = self._projects.find({"import_id": import_id}, {"state": 1}, batch_size=PAGE)
        async for run in cursor.sort("project_key", DESCENDING):  # the last is closed last, most times
            if (state := State(run["state"])) not in FINAL_STATES:
                self._remember(import_id, run["_id"])
                return None
            states.add(state)
        if not states:
            return None
        return State.COMPLETED if states == {State.COMPLETED} else State.COMPLETED_WITH_ERRORS

    async def _is_open(self, run: str | None) -> bool:
        found = await self._projects.find_one({"_id": run}, {"state": 1}) if run else None
        return found is not None and State(found["state"]) not in FINAL_STATES

    def _remember(self, import_id: str, run: str) -> None:
        self._seen_open[import_id] = run
        while len(self._seen_open) > _REMEMBERED:
            del self._seen_open[next(iter(self._seen_open))]


def of_retry(number: int) -> Any:
    """Return what a query asks of a retry's number; of an import that was never retried, it is not there."""
    return number or {"$in": [0, None]}
