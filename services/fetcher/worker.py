"""Does one task from ledger to ledger: read, publish, register what follows, mark done (design, rule 2)."""

import asyncio
from time import perf_counter
from typing import Final

import structlog

from services.fetcher.failure import letters_of
from services.fetcher.halts import HaltedError, Halts
from services.fetcher.outbox import Outbox
from services.fetcher.rounds import following
from services.fetcher.sessions import Session, Sessions
from services.fetcher.settings import FetcherSettings
from services.fetcher.tasks import FETCH, TaskContext
from shared.blobs import Blobs
from shared.contracts.events import FetchTask, ImportStateChanged
from shared.errors import PermanentError, TransientError
from shared.jira.addresses import UnknownHostError
from shared.jira.endpoints import MYSELF
from shared.jira.errors import JiraError, JiraForbiddenError, JiraLoginError, JiraUnavailableError
from shared.kinds import State, TaskKind
from shared.logging import get_logger
from shared.metrics import Metrics
from shared.state import State as StateDb
from shared.state.imports import PausedBy
from shared.state.ledger import Task, TaskState

log = structlog.stdlib.get_logger("fetcher")
jira_log = get_logger("jira")

# What reading an answer raises that is not shaped as Jira's are: no try can help, and others must go on.
_MALFORMED: Final = (KeyError, TypeError, ValueError, AttributeError)
# Whoever may not read these may not read the project at all: the credential lost a permission.
_ESSENTIAL: Final = frozenset({TaskKind.PROJECT, TaskKind.LIST, TaskKind.ISSUES})


class Worker:
    """Runs tasks; every effect may be repeated, and a crash anywhere repeats one task."""

    def __init__(
        self,
        *,
        state: StateDb,
        sessions: Sessions,
        outbox: Outbox,
        blobs: Blobs,
        halts: Halts,
        settings: FetcherSettings,
        metrics: Metrics,
    ) -> None:
        self._state = state
        self._sessions = sessions
        self._outbox = outbox
        self._blobs = blobs
        self._halts = halts
        self._settings = settings
        self._metrics = metrics

    async def run(self, message: FetchTask) -> None:
        """Do the task of a message; raises only when store or broker are away, or for an unknown task."""
        task = await self._state.ledger.get(message.task_id)
        if task is None:
            raise PermanentError(f"Task {message.task_id} is not in the ledger")
        with structlog.contextvars.bound_contextvars(import_id=task.import_id, task=task.id):
            started = perf_counter()
            try:
                outcome = await self._attempt(task, message.attempt)
            except HaltedError:
                outcome = "paused"
            self._metrics.tasks.labels(task.kind, outcome).inc()
            self._metrics.task_seconds.labels(task.kind).observe(perf_counter() - started)
            if outcome in ("done", "repeated", "failed"):
                await self._mark_project(task)

    async def _attempt(self, task: Task, attempt: int) -> str:
        """Return how it ended: done, repeated, paused, retried or failed."""
        if task.state is not TaskState.PENDING:
            return "repeated"
        if await self._state.imports.state_of(task.import_id) not in (State.QUEUED, State.RUNNING):
            return "paused"
        session: Session | None = None
        try:
            session = await self._sessions.of(task)
            async with asyncio.timeout(self._settings.task_timeout.total_seconds()):
                await self._do(task, session)
        except JiraError as error:
            return await self._refused(task, session, error, attempt)
        except (JiraUnavailableError, UnknownHostError, TimeoutError) as error:
            return await self._retry(task, attempt, error)
        except (PermanentError, *_MALFORMED) as error:
            return await self._fail(task, error)
        return "done"

    async def _do(self, task: Task, session: Session) -> None:
        context = TaskContext(task, session, self._settings, self._state.ledger, self._blobs)
        async with self._halts.over(task.import_id):
            outcome = await FETCH[task.kind](context)
        await self._outbox.entities(session.run, outcome.entities)
        await self._state.dead_letters.add(outcome.letters)
        for letter in outcome.letters:
            self._metrics.dead_letters.labels("fetch", letter.code).inc()
        await self._state.ledger.register(outcome.follow_ups)
        await self._outbox.tasks(outcome.follow_ups)
        if await self._state.ledger.finish(
            task, outcome.manifest, issues=outcome.issues, fates=outcome.fates
        ):
            await self._state.imports.add_totals(task.import_id, task.project_key, outcome.totals)

    async def _mark_project(self, task: Task) -> None:
        """When nothing of the project is pending, go on with what follows; behind all of it goes the marker.

        After a crash the repeated task does that.
        """
        if await self._state.ledger.has_pending(task.import_id, task.project_key):
            return
        run = await self._state.imports.project(task.import_id, task.project_key)
        if run is None:
            raise PermanentError(f"Task {task.id} belongs to an import that is not in the state database")
        if tasks := await following(self._state, run):
            await self._state.ledger.register(tasks)
            await self._outbox.tasks(tasks)
            return
        await self._outbox.marker(run)
        await self._state.imports.mark_fetched(task.import_id, task.project_key)
        self._sessions.forget(task)
        log.info("project_fetched", project=task.project_key)

    async def _refused(self, task: Task, session: Session | None, error: JiraError, attempt: int) -> str:
        """Pause the import on a dead credential; what Jira refuses to a good one is only a dead letter.

        A credential may be dead whatever the refusal says: an anonymous caller is told that the project does
        not exist.
        """
        about_login = isinstance(error, JiraLoginError | JiraForbiddenError)
        may_fail = session is not None and (task.kind not in _ESSENTIAL or not about_login)
        if session is not None and may_fail and await self._is_logged_in(session):
            return await self._fail(task, error)
        if session is not None and await self._sessions.renewed(task, session):
            await self._outbox.tasks([task], attempt=attempt)
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
            raise error
        if attempt >= self._settings.task_attempts:
            return await self._fail(task, error)
        log.warning("task_retried", attempt=attempt, reason=str(error))
        await self._outbox.tasks([task], attempt=attempt + 1)
        return "retried"

    async def _fail(self, task: Task, error: Exception) -> str:
        """Close the task for good: what it would have brought becomes dead letters, the rest goes on."""
        letters = letters_of(task, error)
        await self._state.dead_letters.add(letters)
        for letter in letters:
            self._metrics.dead_letters.labels("fetch", letter.code).inc()
        await self._state.ledger.fail(task, str(error))
        words = getattr(error, "jira_message", None)
        (jira_log if words else log).error("task_failed", kind=task.kind, message=words or str(error))
        return "failed"


_ADVICE: Final = (
    "The import is paused and nothing is lost: renew the credential or its permissions in Jira, then resume."
)
