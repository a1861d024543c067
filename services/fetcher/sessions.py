"""Open Jira clients, one per connection, and what every task of an import needs to know."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from services.fetcher.found import Origin
from shared.crypto import Vault
from shared.errors import PermanentError
from shared.id_sets import IdSet
from shared.jira.budgets import Budgets
from shared.jira.client import JiraClient, open_client
from shared.jira.credentials import Credential
from shared.kinds import Deployment
from shared.metrics import Metrics
from shared.settings import JiraSettings
from shared.state import State
from shared.state.connections import Connection
from shared.state.imports import Import, ProjectRun
from shared.state.ledger import Task

_KEPT: Final = 2_000  # sessions: who does not close a project is not told that it is fetched


@dataclass(frozen=True, slots=True)
class Session:
    """One project of an import, with the client that reads it."""

    import_: Import
    run: ProjectRun
    connection: Connection
    jira: JiraClient
    known: dict[int, IdSet] = field(default_factory=dict)  # issues that were read before, by round

    @property
    def cloud(self) -> bool:
        """True for Jira Cloud, False for Data Center."""
        return self.connection.deployment is Deployment.CLOUD

    @property
    def origin(self) -> Origin:
        """The envelope of everything that is fetched for this project."""
        return Origin(self.import_.id, self.import_.site, self.run.project_id, self.run.project_key)


class Sessions:
    """Keeps clients open across tasks; close it with the service."""

    def __init__(
        self, state: State, vault: Vault, budgets: Budgets, settings: JiraSettings, metrics: Metrics
    ) -> None:
        self._state = state
        self._vault = vault
        self._budgets = budgets
        self._settings = settings
        self._metrics = metrics
        self._clients: dict[str, JiraClient] = {}
        self._sessions: dict[str, Session] = {}
        # By import: thousands of projects share one, which is kept as long as a session has it.
        self._imports: WeakValueDictionary[str, Import] = WeakValueDictionary()
        self._connections: WeakValueDictionary[str, Connection] = WeakValueDictionary()
        self._stack = AsyncExitStack()

    async def of(self, task: Task) -> Session:
        """Return the session of a task's project; PermanentError when its records are gone.

        A retry begins anew: by then the import may have another connection.
        """
        session = self._sessions.get(task.run)
        if session is None or session.run.retries < task.retry:
            session = self._sessions[task.run] = await self._open(task)
            if len(self._sessions) > _KEPT:
                del self._sessions[next(iter(self._sessions))]
        return session

    def use(self, import_id: str, connection_id: str) -> None:
        """Forget what was opened for an import with another connection: it was resumed with this one."""
        known = self._imports.get(import_id)
        if known is not None and known.connection_id != connection_id:
            self._forget_import(import_id)

    def forget(self, task: Task) -> None:
        """Drop the session of a project that is fetched."""
        self._sessions.pop(task.run, None)

    async def renewed(self, task: Task, session: Session) -> bool:
        """Tell whether the credential was replaced since a session was opened; it is opened anew then."""
        self._forget_import(task.import_id)
        return (await self.of(task)).connection.sealed_token != session.connection.sealed_token

    def _forget_import(self, import_id: str) -> None:
        self._imports.pop(import_id, None)
        self._connections.pop(import_id, None)
        kept = {run: one for run, one in self._sessions.items() if one.import_.id != import_id}
        self._sessions = kept

    async def close(self) -> None:
        """Close all clients."""
        await self._stack.aclose()

    async def _open(self, task: Task) -> Session:
        import_ = await self._import(task)
        run = await self._state.imports.project(task.import_id, task.project_key)
        if import_ is None or run is None:
            raise PermanentError(f"Task {task.id} belongs to an import that is not in the state database")
        connection = await self._connection(import_)
        return Session(import_, run, connection, await self._client(connection))

    async def _import(self, task: Task) -> Import | None:
        known = self._imports.get(task.import_id)
        if known is None or (known.retry.number if known.retry else 0) < task.retry:
            self._forget_import(task.import_id)
            known = await self._state.imports.get(task.import_id)
            if known is not None:
                self._imports[task.import_id] = known
        return known

    async def _connection(self, import_: Import) -> Connection:
        known = self._connections.get(import_.id)
        if known is None:
            known = await self._state.connections.get(import_.connection_id)
            if known is None:
                raise PermanentError(
                    f"The connection {import_.connection_id} of import {import_.id} was deleted"
                )
            self._connections[import_.id] = known
        return known

    async def _client(self, connection: Connection) -> JiraClient:
        key = f"{connection.id}/{connection.sealed_token}"  # another token is another client
        if key not in self._clients:
            token = self._vault.decrypt(connection.sealed_token, owner=connection.id)
            client = await self._stack.enter_async_context(
                open_client(
                    base_url=connection.base_url,
                    deployment=connection.deployment,
                    credential=Credential(connection.token_kind, connection.email, token),
                    settings=self._settings,
                    metrics=self._metrics,
                    budget=self._budgets.of(connection.site, connection.deployment),
                )
            )
            self._clients.setdefault(key, client)
        return self._clients[key]
