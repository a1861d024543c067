"""Makes tasks of the dead letters that are to be tried again; the fetchers do them.

Every step may be repeated, and is by the next connector when this one dies: no task is published before all
of them are entered.
"""

from collections.abc import AsyncIterator, Sequence
from hashlib import blake2b
from typing import Final

from services.connector.again import again
from services.connector.context import Context
from shared import failpoints
from shared.kinds import FINAL_STATES, Deployment, State, TaskKind
from shared.logging import get_logger
from shared.state import State as StateDb
from shared.state.chores import Chore, ChoreKind
from shared.state.dead_letters import DeadLetter, Way
from shared.state.imports import Import, ProjectBusyError
from shared.state.ledger import Task
from shared.state.retries import Retry

log = get_logger("connector")

_AT_ONCE: Final = 50  # letters in one task: up to 5 MB of payloads


async def redo(import_: Import, _chore: Chore, context: Context) -> None:
    """Begin a retry, unless its import has ended; cancelled meanwhile, that gives its projects up."""
    imports, retry = context.state.imports, import_.retry
    if retry is not None and await imports.state_of(import_.id) not in FINAL_STATES:
        await _redo(import_, retry, context)
    if await imports.state_of(import_.id) is State.CANCELLED:
        await imports.give_up_projects(import_.id)


async def _redo(import_: Import, retry: Retry, context: Context) -> None:
    """Claim the projects, choose the letters, enter their tasks, and open the projects that have some."""
    state = context.state
    try:
        await state.imports.claim_again(import_.id)
    except ProjectBusyError as error:  # started in the same moment
        return await _call_off(import_, context, f"What failed was not retried: {error}.")
    desk = _Desk(import_, retry, state)
    await state.dead_letters.choose(import_.id, retry.choice, desk.name)
    failpoints.reach("retry.chosen")
    async for run in state.imports.each_project(import_.id):
        await desk.hand_out(run.project_key, run.id)
    await state.dead_letters.give_back(desk.name)  # what no task can do
    failpoints.reach("retry.handed_out")
    busy = await state.running.busy_projects(import_.id)
    if not busy:
        return await _call_off(import_, context, None)
    await state.retries.open_projects(import_.id, busy, retry)
    failpoints.reach("retry.opened")


async def _call_off(import_: Import, context: Context, reason: str | None) -> None:
    """Let the import be as it was."""
    state = await context.state.retries.state_by_projects(import_.id) or State.COMPLETED_WITH_ERRORS
    tell = Chore(kind=ChoreKind.TELL, spec={"state": state, "reason": reason})
    await context.state.imports.set_state(
        import_.id, state, reason=reason, only_from=(State.RUNNING, State.PAUSED), chores=(tell,)
    )
    log.warning("retry_called_off", import_id=import_.id, reason=reason or "nothing is left to be retried")


class _Desk:
    """Hands the chosen letters of an import out to tasks, whose ids follow from what they are to do."""

    def __init__(self, import_: Import, retry: Retry, state: StateDb) -> None:
        self.name = f"{import_.id}/retry/{retry.number}"
        self._import = import_
        self._round = 2 * retry.number
        self._read_again = retry.read_again
        self._state = state
        self._letters = state.dead_letters

    async def hand_out(self, project_key: str, run: str) -> None:
        """Enter the tasks of one project; then its failed tasks of which nothing is left are done with."""
        for failed in await self._letters.chosen_tasks(self.name, run):
            await self._repeat(failed)
        async for letters in self._some(run, way=Way.ISSUE):
            await self._read_issues(project_key, letters)
        if self._read_again:
            async for letters in self._some(run, way=Way.PAYLOAD, issue_id={"$ne": None}):
                await self._read_issues(project_key, letters)
        await self._send_again(project_key, run)
        async for task, _ in self._state.ledger.failed(self._import.id, project_key):
            if await self._letters.are_taken_up(task.id):
                await self._state.ledger.retire(task)

    async def _repeat(self, failed: str) -> None:
        """Do for the chosen letters what a task was to do for them."""
        task = await self._state.ledger.get(failed)
        if task is None:
            return
        chosen = await self._letters.chosen(self.name, task=failed)
        anew = again(task, chosen, round_=self._round)
        await self._state.ledger.register([anew])
        await self._letters.hand_over(self.name, anew.id, task=failed)

    async def _read_issues(self, project_key: str, letters: Sequence[DeadLetter]) -> None:
        """Read whole issues again; on Cloud, their histories come separately."""
        ids = list(dict.fromkeys(letter.issue for letter in letters if letter.issue))
        kinds = [TaskKind.ISSUES]
        if self._import.deployment is Deployment.CLOUD:
            kinds.append(TaskKind.HISTORY)
        ordinal = f"letters{blake2b(','.join(ids).encode(), digest_size=8).hexdigest()}"
        tasks = [self._task(project_key, kind, ordinal, ids=ids) for kind in kinds]
        await self._state.ledger.register(tasks)
        await self._letters.hand_over(self.name, tasks[0].id, _id={"$in": [one.key for one in letters]})

    async def _send_again(self, project_key: str, run: str) -> None:
        """What a task has to send is what letters it has: its number says nothing."""
        number = 0
        async for letters in self._some(run, way=Way.PAYLOAD):
            task = self._task(project_key, TaskKind.REPLAY, f"{number:06d}")
            await self._state.ledger.register([task])
            await self._letters.hand_over(self.name, task.id, _id={"$in": [one.key for one in letters]})
            number += 1

    async def _some(self, run: str, **members: object) -> AsyncIterator[list[DeadLetter]]:
        """Iterate over letters that nobody was given yet; who asks for more has handed out the last ones."""
        while letters := await self._letters.chosen(self.name, limit=_AT_ONCE, run=run, **members):
            yield letters

    def _task(self, project_key: str, kind: TaskKind, ordinal: str, **spec: object) -> Task:
        import_ = self._import
        return Task(import_.id, project_key, kind, ordinal, spec, site=import_.site, round=self._round)
