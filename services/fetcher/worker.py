"""Does one task from ledger to ledger: read, publish, register what follows, mark done (design, rule 2)."""

from collections.abc import Callable
from time import perf_counter
from typing import Final

import structlog

from services.fetcher.failure import letters_of
from services.fetcher.halts import HaltedError, Halts
from services.fetcher.in_hand import InHand, LeaseLostError
from services.fetcher.outbox import Outbox
from services.fetcher.planner import Planner
from services.fetcher.sessions import Session, Sessions
from services.fetcher.settings import FetcherSettings
from services.fetcher.tasks import FETCH, TaskContext
from shared import failpoints
from shared.blobs import Blobs
from shared.contracts.events import FetchTask, ImportStateChanged
from shared.errors import PermanentError, PipelineError, TransientError
from shared.jira.addresses import UnknownHostError
from shared.jira.endpoints import MYSELF
from shared.jira.errors import JiraError, JiraForbiddenError, JiraLoginError, JiraUnavailableError
from shared.jira.patience import time_limit
from shared.kafka import may_pass
from shared.kinds import ACTIVE_STATES, State, TaskKind
from shared.logging import get_logger
from shared.metrics import Metrics
from shared.state import State as StateDb
from shared.state.dead_letters import TASK_FAILED
from shared.state.imports import PausedBy
from shared.state.ledger import Task, TaskState

log = get_logger("fetcher")
jira_log = get_logger("jira")

# What reading an answer raises that is not shaped as Jira's are.
_MALFORMED: Final = (KeyError, TypeError, ValueError, AttributeError)
# Whoever may not read these may not read the project at all: the credential lost a permission.
_ESSENTIAL: Final = frozenset({TaskKind.PROJECT, TaskKind.LIST, TaskKind.ISSUES})


class Worker:
    """Runs tasks; every effect may be repeated, and a crash anywhere repeats one task.

    No effect follows the end of a task's lease: somebody else may have it then.
    """

    def __init__(
        self,
        *,
        state: StateDb,
        sessions: Sessions,
        outbox: Outbox,
        planner: Planner,
        blobs: Blobs,
        halts: Halts,
        in_hand: InHand,
        settings: FetcherSettings,
        metrics: Metrics,
    ) -> None:
        self._state = state
        self._sessions = sessions
        self._outbox = outbox
        self._planner = planner
        self._blobs = blobs
        self._halts = halts
        self._in_hand = in_hand
        self._settings = settings
        self._metrics = metrics

    async def run(self, message: FetchTask, has_more: Callable[[], bool]) -> None:
        """Do the task of a message, if it is not done. `has_more`: other tasks of its project wait here.

        Raises PermanentError for a task that nobody entered; else only what may pass: store or broker are
        away, Jira wants to be asked later, another worker has the task.
        """
        with structlog.contextvars.bound_contextvars(import_id=message.import_id, task=message.task_id):
            active = await self._is_active(message.import_id)
            task = await self._in_hand.claim(message.task_id) if active else None
            if task is None:
                passed = await self._pass_over(message, active=active)
                if active:
                    await self._close_project(passed, has_more, again=True)
                return
            failpoints.reach("worker.claimed")
            try:
                outcome = await self._run(task, message.attempt)
            finally:
                self._in_hand.forget(task)
            if outcome in ("done", "failed"):
                failpoints.reach("worker.finished")
                await self._close_project(task, has_more)

    async def _is_active(self, import_id: str) -> bool:
        standing = await self._state.imports.standing(import_id)
        if standing is None:
            return True  # the task itself will say what is wrong
        state, connection_id = standing
        self._sessions.use(import_id, connection_id)
        return state in ACTIVE_STATES

    async def _pass_over(self, message: FetchTask, *, active: bool) -> Task:
        """Return the task of a message that needs no work: it is done, or its import was stopped."""
        task = await self._state.ledger.get(message.task_id)
        if task is None:
            raise PermanentError(f"Task {message.task_id} is not in the ledger")
        if active and task.state is TaskState.PENDING:
            raise TransientError(f"{task.owner} has the task", retry_after=self._in_hand.patience)
        self._metrics.tasks.labels(task.kind, "repeated" if active else "paused").inc()
        return task

    async def _run(self, task: Task, attempt: int) -> str:
        started, outcome = perf_counter(), "lost"
        try:
            outcome = await self._outcome(task, attempt)
        finally:
            self._metrics.tasks.labels(task.kind, outcome).inc()
            self._metrics.task_seconds.labels(task.kind).observe(perf_counter() - started)
        return outcome

    async def _outcome(self, task: Task, attempt: int) -> str:
        """Return how it ended: done, paused, retried or failed."""
        try:
            if task.losses >= self._settings.task_losses:
                raise PermanentError(f"{task.losses} fetchers fell silent while they worked on this task")
            return await self._attempt(task, attempt)
        except HaltedError:
            await self._in_hand.release(task)
            return "paused"
        except Exception as error:
            if may_pass(error):
                raise
            if not isinstance(error, (PipelineError, *_MALFORMED)):
                log.exception("task_broke")
            return await self._fail(task, error)  # no try can help, and others must go on

    async def _attempt(self, task: Task, attempt: int) -> str:
        session: Session | None = None
        try:
            session = await self._sessions.of(task)
            async with time_limit(self._settings.task_timeout.total_seconds()):
                await self._do(task, session)
        except JiraError as error:
            return await self._refused(task, session, error, attempt)
        except (JiraUnavailableError, UnknownHostError, TimeoutError) as error:
            return await self._retry(task, attempt, error)
        return "done"

    async def _do(self, task: Task, session: Session) -> None:
        context = TaskContext(
            task, session, self._settings, self._state.ledger, self._state.dead_letters, self._blobs
        )
        async with self._halts.over(task.import_id):
            outcome = await FETCH[task.kind](context)
        self._in_hand.ensure(task)
        await self._outbox.entities(session.run, outcome.entities)
        failpoints.reach("worker.published")
        self._in_hand.ensure(task)
        await self._state.dead_letters.add(outcome.letters)
        for letter in outcome.letters:
            self._metrics.dead_letters.labels(letter.stage, letter.code).inc()
        await self._state.ledger.register(outcome.follow_ups, untaken=self._settings.requeue_after)
        if task.retry:  # what of it fails again, later, has a letter again
            await self._state.dead_letters.resolve(task.id)
        failpoints.reach("worker.registered")
        await self._outbox.tasks(outcome.follow_ups)
        if not await self._state.ledger.finish(
            task, outcome.manifest, issues=outcome.issues, fates=outcome.fates
        ):
            raise LeaseLostError(f"Task {task.id} was taken over before it was done")
        await self._state.imports.task_done(task.import_id, task.project_key, task.kind, outcome.totals)

    async def _close_project(self, task: Task, has_more: Callable[[], bool], *, again: bool = False) -> None:
        """When nothing of the project is pending, go on with what follows; behind all of it goes the marker.

        After a crash the repeated task does that. `again`: only if nobody has yet.
        """
        if has_more() or self._in_hand.has_any_of(task.run):
            return  # whichever of those is done with last comes here again
        if await self._state.ledger.has_pending(task.import_id, task.project_key):
            return
        run = await self._state.imports.project(task.import_id, task.project_key)
        if run is None:
            raise PermanentError(f"Task {task.id} belongs to an import that is not in the state database")
        if again and run.fetched_at:
            return
        if await self._planner.close(run):
            self._sessions.forget(task)

    async def _refused(self, task: Task, session: Session | None, error: JiraError, attempt: int) -> str:
        """Pause the import on a dead credential; what Jira refuses to a good one is only a dead letter.

        A credential may be dead whatever the refusal says: an anonymous caller is told that the project does
        not exist.
        """
        self._in_hand.ensure(task)
        about_login = isinstance(error, JiraLoginError | JiraForbiddenError)
        may_fail = session is not None and (task.kind not in _ESSENTIAL or not about_login)
        if session is not None and may_fail and await self._is_logged_in(session):
            return await self._fail(task, error)
        if session is not None and await self._sessions.renewed(task, session):
            await self._give_away(task, attempt)
            return "retried"
        reason = f"{error.jira_message} (Jira answered {error.status} to {error.endpoint}.) {_ADVICE}"
        if await self._state.imports.set_state(
            task.import_id,
            State.PAUSED,
            reason=reason,
            only_from=(State.QUEUED, State.RUNNING),
            paused_by=PausedBy.CREDENTIAL,
        ):
            jira_log.error(
                "import_paused", message=error.jira_message, status=error.status, endpoint=error.endpoint
            )
            event = ImportStateChanged(import_id=task.import_id, state=State.PAUSED, reason=reason)
            await self._outbox.state_changed(event)
        await self._in_hand.release(task)
        self._sessions.forget(task)
        return "paused"

    async def _is_logged_in(self, session: Session) -> bool:
        try:
            await session.jira.get(MYSELF)
        except JiraError:
            return False
        return True

    async def _retry(self, task: Task, attempt: int, error: TransientError | TimeoutError) -> str:
        """Publish the task once more. What Jira's limit holds up stays where it is, at no cost."""
        if isinstance(error, JiraUnavailableError) and error.status == 429:
            # Its message stays here. Nobody has it in hands, so nobody is taken for silent while it waits.
            await self._in_hand.release(task, due=self._settings.requeue_after)
            raise error
        if attempt >= self._settings.task_attempts:
            return await self._fail(task, error)
        log.warning("task_retried", attempt=attempt, reason=str(error))
        await self._give_away(task, attempt + 1)
        return "retried"

    async def _give_away(self, task: Task, attempt: int) -> None:
        """Leave the task to whoever gets the next message of it."""
        self._in_hand.ensure(task)
        await self._in_hand.release(task)
        await self._outbox.tasks([task], attempt=attempt)

    async def _fail(self, task: Task, error: Exception) -> str:
        """Close the task for good: what it would have brought becomes dead letters, the rest goes on."""
        self._in_hand.ensure(task)
        await self._write_letters(task, error)
        if not await self._state.ledger.fail(task, str(error)):
            raise LeaseLostError(f"Task {task.id} was taken over before it failed") from error
        words = getattr(error, "jira_message", None)
        (jira_log if words else log).error("task_failed", kind=task.kind, message=words or str(error))
        return "failed"

    async def _write_letters(self, task: Task, error: Exception) -> None:
        """Of a retry, the letters that are there get the newer reason."""
        letters = self._state.dead_letters
        if task.retry:
            reason = str(error) or type(error).__name__
            again = await letters.fail_again(task.id, reason, getattr(error, "jira_message", None))
            self._metrics.dead_letters.labels("fetch", TASK_FAILED).inc(again)
            if again:
                return
        written = letters_of(task, error)
        await letters.add(written)
        for letter in written:
            self._metrics.dead_letters.labels("fetch", letter.code).inc()


_ADVICE: Final = (
    "The import is paused and nothing is lost: renew the credential or its permissions in Jira, then resume."
)
