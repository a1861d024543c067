"""Tasks without servers: their context around a Jira that a test plays."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from services.fetcher.sessions import Session
from services.fetcher.settings import FetcherSettings
from services.fetcher.tasks.context import TaskContext
from shared.blobs import Blobs
from shared.jira.client import JiraClient
from shared.kinds import Deployment, TaskKind, TokenKind
from shared.state.connections import Connection
from shared.state.dead_letters import DeadLetters
from shared.state.imports import Import, ProjectRun
from shared.state.ledger import Ledger, Task

NOW = datetime(2024, 1, 1, tzinfo=UTC)


class Forgetful:
    """A ledger that keeps nothing: the page that was read is the page."""

    async def keep_listing(self, task: Task, listing: Mapping[str, Any]) -> Mapping[str, Any]:
        return listing


def context_of(
    jira: Any,
    kind: TaskKind,
    spec: Mapping[str, Any],
    *,
    ordinal: str = "000000",
    deployment: Deployment = Deployment.CLOUD,
    zone: str = "UTC",
    **settings: Any,
) -> TaskContext:
    """`jira` answers `get` and `post` as the client does."""
    connection = Connection(
        id="c", site="s", instance_url="", base_url="", email="", deployment=deployment,
        token_kind=TokenKind.PAT, time_zone=zone, sealed_token={}, created_at=NOW,
    )  # fmt: skip
    import_ = Import(
        id="i", connection_id="c", site="s", instance_url="", deployment=deployment, project_keys=("ABC",),
        created_at=NOW,
    )  # fmt: skip
    run = ProjectRun(import_id="i", site="s", project_key="ABC", project_id="1")
    session = Session(import_, run, connection, cast(JiraClient, jira))
    task = Task("i", "ABC", kind, ordinal, spec)
    return TaskContext(
        task,
        session,
        FetcherSettings(**settings),
        cast(Ledger, Forgetful()),
        cast(DeadLetters, None),
        cast(Blobs, None),
    )
