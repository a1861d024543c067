"""Plans an import: the first tasks of each project, from which all others follow."""

import structlog

from services.fetcher.outbox import Outbox
from services.fetcher.rounds import changes
from shared.contracts.events import ImportRequested
from shared.kinds import State, TaskKind
from shared.state import State as StateDb
from shared.state.ledger import Task

log = structlog.stdlib.get_logger("fetcher")


async def plan(request: ImportRequested, *, state: StateDb, outbox: Outbox) -> None:
    """Register and publish the first tasks; repeating it registers nothing new and re-sends the same ids."""
    tasks = [
        Task(request.import_id, project_key, kind, "000000", site=request.site)
        for project_key in request.project_keys
        for kind in (TaskKind.LIST, TaskKind.PROJECT, TaskKind.CATALOG, TaskKind.BOARDS)
    ]
    for run in await state.imports.projects([request.import_id]):
        tasks += await changes(state, run)
    await state.ledger.register(tasks)
    await state.imports.set_state(request.import_id, State.RUNNING, only_from=(State.QUEUED,))
    await outbox.tasks(tasks)
    log.info("import_planned", import_id=request.import_id, projects=len(request.project_keys))
