"""Starting an import: whatever parses becomes a job, and what must be refused one that failed at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from aiokafka.errors import KafkaError

from services.connector.baseline import with_bases
from services.connector.context import Context
from services.connector.diagnosis.refusals import Refusal, log_refusal
from services.connector.diagnosis.translate import refusal_for
from services.connector.jira_access import named_of
from services.connector.jql_scope import ensure_jql
from services.connector.mappings.existing import ImpossibleMappingError
from services.connector.mappings.plan import plan_of
from services.connector.projects import list_projects
from services.connector.schemas.start import StartRequest
from shared import failpoints
from shared.contracts.channels import IMPORT_REQUESTED
from shared.contracts.events import ImportRequested
from shared.errors import PermanentError, TransientError
from shared.jira.client import JiraClient
from shared.jira.endpoints import FIELDS, MYSELF, PROJECT
from shared.kafka import publish_all
from shared.kinds import ConflictPolicy, Deployment, State
from shared.logging import get_logger
from shared.state.connections import Connection
from shared.state.imports import Import, ProjectBusyError, ProjectRun
from shared.state.plans import ImportPlan, custom_fields
from shared.together import together

log = get_logger("connector")

_MANY: Final = 50  # projects; a request lists a hundred of them
_PATIENCE: Final = 10.0  # seconds for the broker, while somebody waits for the answer


class _RefusedStartError(Exception):
    """Why an import cannot start: the words of the failed job, and a code for the log."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Accepted:
    runs: Sequence[ProjectRun]
    plan: ImportPlan


async def start(request: StartRequest, context: Context) -> str:
    """Return the id of the new job; one that was refused is `failed` and says why."""
    import_id = str(uuid4())
    keys = tuple(dict.fromkeys(request.project_keys))
    connection = await context.state.connections.get(request.connection_id)
    import_ = _to_import(import_id, request, keys, connection)
    try:
        if connection is None:
            raise _RefusedStartError(
                "This connection to Jira does not exist (any more). Connect to Jira again, then start.",
                "unknown_connection",
            )
        if request.conflict_policy not in set(ConflictPolicy):
            raise _RefusedStartError(
                f"No conflict policy is called {request.conflict_policy!r}. Start again with one of"
                f" {', '.join(ConflictPolicy)}.",
                "unknown_policy",
            )
        accepted = await _examine(import_, connection, request, context)
        # First, since fetchers find an import by themselves: none may be loaded without its plan.
        await context.state.plans.put(import_id, accepted.plan)
        await context.state.imports.create(import_, accepted.runs)
    except ProjectBusyError as error:
        await context.state.plans.delete(import_id)
        reason = f"{error}. Wait until that one has ended, then start again."
        return await _refuse(import_, reason, "project_busy", context)
    except Refusal as refusal:
        log_refusal(refusal)
        return await _refuse(import_, refusal.sentence, refusal.code, context)
    except ImpossibleMappingError as error:
        return await _refuse(import_, str(error), "impossible_mapping", context)
    except _RefusedStartError as error:
        return await _refuse(import_, str(error), error.code, context)
    failpoints.reach("start.stored")
    await _request(import_, context)
    await context.state.connections.touch(connection.id)
    return import_id


async def _examine(
    import_: Import, connection: Connection, request: StartRequest, context: Context
) -> _Accepted:
    async with context.access.of(connection) as client:
        fields, account, projects = await together(
            client.get(FIELDS),
            client.get(MYSELF),
            _find_projects(client, connection, import_.project_keys),
        )
        await ensure_jql(client, connection, import_)
    await context.state.connections.set_time_zone(connection.id, str(account.get("timeZone") or ""))
    plan = await plan_of(
        request.mappings,
        store=context.store,
        site=connection.site,
        projects={key: str(project["id"]) for key, project in projects.items()},
        fields=custom_fields(fields),
    )
    runs = (
        ProjectRun(
            import_id=import_.id,
            site=connection.site,
            project_key=key,
            project_id=str(project["id"]),
            name=project.get("name") or key,
            created_at=import_.created_at,
            dry_run=import_.dry_run,
        )
        for key, project in projects.items()
    )
    begun = await with_bases(import_, runs, plan, state=context.state, full_after=context.full_read_after)
    return _Accepted(begun, plan)


async def _find_projects(
    client: JiraClient, connection: Connection, keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return Jira's own documents by their keys; of many, those that its list shows need no request each."""
    listed: dict[str, dict[str, Any]] = {}
    if len(keys) > _MANY:
        try:
            found = await list_projects(client, connection.deployment)
        except (PermanentError, TransientError) as error:
            raise refusal_for(error, named_of(connection)) from error
        listed = {str(project["key"]): project for project in found}
    unlisted = [key for key in keys if key not in listed]
    asked = await together(*(_find_project(client, connection, key) for key in unlisted))
    listed |= zip(unlisted, asked, strict=True)
    return {key: listed[key] for key in keys}


async def _find_project(client: JiraClient, connection: Connection, key: str) -> dict[str, Any]:
    """Ask for one project by its key: of a list, a project that is not visible is just absent."""
    try:
        project: dict[str, Any] = await client.get(PROJECT, project=key)
    except (PermanentError, TransientError) as error:
        raise refusal_for(error, {**named_of(connection), "key": key}) from error
    return project


async def _request(import_: Import, context: Context) -> None:
    """Hand the import to the fetchers; should the broker not take it soon, they find it in the state."""
    event = ImportRequested(
        import_id=import_.id,
        site=import_.site,
        connection_id=import_.connection_id,
        project_keys=import_.project_keys,
    )
    key = IMPORT_REQUESTED.key_of(event)
    try:
        async with asyncio.timeout(_PATIENCE):
            await publish_all(context.broker, IMPORT_REQUESTED, [(key, event.model_dump_json().encode())])
    except (TransientError, KafkaError, TimeoutError) as error:
        log.warning("request_not_sent", import_id=import_.id, reason=str(error))
        return
    log.info("import_requested", import_id=import_.id, projects=len(import_.project_keys))


async def _refuse(import_: Import, reason: str, code: str, context: Context) -> str:
    log.info("import_refused", import_id=import_.id, code=code)
    context.metrics.imports.labels(State.FAILED).inc()
    refused = {
        "state": State.FAILED,
        "error_message": reason,
        "started_at": import_.created_at,
        "completed_at": import_.created_at,
    }
    await context.state.imports.add(import_.model_copy(update=refused))
    return import_.id


def _policy(request: StartRequest) -> ConflictPolicy:
    known = {policy.value: policy for policy in ConflictPolicy}
    return known.get(request.conflict_policy, ConflictPolicy.KEEP_WINDSHIFT)


def _to_import(
    import_id: str, request: StartRequest, keys: tuple[str, ...], connection: Connection | None
) -> Import:
    return Import(
        id=import_id,
        connection_id=request.connection_id,
        site=connection.site if connection else "",
        instance_url=connection.instance_url if connection else "",
        instance_name=connection.instance_name if connection else "",
        deployment=connection.deployment if connection else Deployment.CLOUD,
        project_keys=keys,
        open_issues_only=request.open_issues_only,
        jql=request.jql.strip(),
        full=request.full,
        dry_run=request.dry_run,
        conflict_policy=_policy(request),
        account_id=connection.account_id if connection else "",
        created_at=datetime.now(UTC),
    )
