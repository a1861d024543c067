"""What the tasks of an import have in common, in memory as well."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from services.fetcher.sessions import Sessions
from shared.crypto import Vault
from shared.jira.budgets import Budgets
from shared.kinds import Deployment, TaskKind, TokenKind
from shared.kinds import State as ImportState
from shared.metrics import Metrics
from shared.mongo import Store
from shared.settings import JiraSettings
from shared.state import State
from shared.state.connections import Connection
from shared.state.dead_letters import Choice
from shared.state.imports import Import, ProjectRun
from shared.state.ledger import Task
from shared.state.retries import Retry

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VAULT = Vault(b"k" * 32, "k1")
JIRA = "http://127.0.0.1:9"
KEYS = ("ABC", "DEF")
TASKS = [Task("i1", key, TaskKind.LIST, "000000", site="s") for key in KEYS]


def connection(id_: str) -> Connection:
    return Connection(
        id=id_, site="s", instance_url=JIRA, base_url=JIRA, email="a@example.com",
        deployment=Deployment.CLOUD, token_kind=TokenKind.UNSCOPED,
        sealed_token=VAULT.encrypt("token", owner=id_), created_at=NOW,
    )  # fmt: skip


async def begun(state: State) -> None:
    import_ = Import(
        id="i1", connection_id="c", site="s", instance_url=JIRA, deployment=Deployment.CLOUD,
        project_keys=KEYS, created_at=NOW,
    )  # fmt: skip
    await state.connections.add(connection("c"))
    runs = [ProjectRun(import_id="i1", site="s", project_key=key, project_id=key) for key in KEYS]
    await state.imports.create(import_, runs)


async def test_the_projects_of_an_import_share_its_record(store: Store) -> None:
    """With a copy for each of a thousand projects, each of which names them all, a fetcher took gigabytes."""
    state, metrics, settings = (
        State(store),
        Metrics(CollectorRegistry()),
        JiraSettings(allow_private_addresses=True),
    )
    await begun(state)
    budgets = Budgets(state.sites, process="p", settings=settings, waits=metrics.waits)
    sessions = Sessions(state, VAULT, budgets, settings, metrics)
    try:
        first, second = [await sessions.of(task) for task in TASKS]
        assert first.run.project_key != second.run.project_key
        assert first.import_ is second.import_
        assert first.connection is second.connection
        assert first.jira is second.jira

        await state.connections.add(connection("c2"))
        await state.imports.use_connection("i1", "c2")
        sessions.use("i1", "c2")
        assert [(await sessions.of(task)).connection.id for task in TASKS] == ["c2", "c2"]

        await state.imports.set_state("i1", ImportState.COMPLETED)
        retry = Retry(number=1, choice=Choice())
        assert await state.retries.begin("i1", retry, [])
        await state.retries.open_projects("i1", ["ABC"], retry)
        retried = await sessions.of(Task("i1", "ABC", TaskKind.LIST, "000000", site="s", round=2))
        assert retried.import_.retry is not None, "a retry reads it anew: it may have another connection"
    finally:
        await sessions.close()
