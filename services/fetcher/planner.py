"""Plans what is read of a project: its first tasks, its next round, and the marker behind its last one."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from services.fetcher.outbox import Outbox
from services.fetcher.rounds import changes, following
from shared import failpoints
from shared.groups import groups
from shared.kinds import State, TaskKind
from shared.logging import get_logger
from shared.state import State as StateDb
from shared.state.imports import ProjectRun
from shared.state.ledger import Task

log = get_logger("fetcher")

_AT_ONCE: Final = 100  # tasks in one command: an import may have thousands of projects
FIRST: Final = (TaskKind.LIST, TaskKind.PROJECT, TaskKind.CATALOG, TaskKind.BOARDS)


class Planner:
    """Registers and publishes tasks; repeating it registers nothing new and re-sends the same ids."""

    def __init__(self, state: StateDb, outbox: Outbox, *, untaken: timedelta) -> None:
        self._state = state
        self._outbox = outbox
        self._untaken = untaken

    async def plan(self, import_id: str, site: str, project_keys: Iterable[str]) -> None:
        """Plan some projects of an import, which runs from then on if it was only queued."""
        keys = set(project_keys)
        tasks = [Task(import_id, key, kind, "000000", site=site) for key in sorted(keys) for kind in FIRST]
        async for run in self._state.imports.each_project(import_id):
            if run.project_key in keys:
                tasks += await changes(self._state, run)
        await self._register(tasks)
        await self._state.imports.set_state(import_id, State.RUNNING, only_from=(State.QUEUED,))
        await self._send(tasks)
        log.info("import_planned", import_id=import_id, projects=len(keys))

    async def close(self, run: ProjectRun) -> bool:
        """Go on with what follows, now that nothing of a project is pending; True if that was all of it.

        Then its marker is sent.
        """
        if tasks := await following(self._state, run):
            await self._register(tasks)
            await self._send(tasks)
            return False
        await self._outbox.marker(run)
        failpoints.reach("planner.marked")
        await self._state.running.note_marker(run.import_id, run.project_key)
        log.info("project_fetched", import_id=run.import_id, project=run.project_key)
        return True

    async def _register(self, tasks: Sequence[Task]) -> None:
        """Enter tasks as due at once: should we die before they are published, the sweeper publishes them."""
        for some in groups(tasks, _AT_ONCE):
            await self._state.ledger.register(some, untaken=timedelta())

    async def _send(self, tasks: Sequence[Task]) -> None:
        failpoints.reach("planner.registered")
        for some in groups(tasks, _AT_ONCE):
            await self._outbox.tasks(some)
            await self._state.leases.put_off(some, untaken=self._untaken)
