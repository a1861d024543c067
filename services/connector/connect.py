"""Test connection: product, login, token kind, visible projects, boards; then the connection is saved."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from services.connector.diagnosis.refusals import Refusal, log_refusal
from services.connector.diagnosis.translate import refusal_for
from services.connector.identify import Server, identify
from services.connector.instance_url import normalise
from services.connector.jira_access import JiraAccess
from services.connector.login import Login, log_in
from services.connector.schemas.connections import ConnectAnswer, ConnectRequest, InstanceInfo, Notice
from services.connector.visible import ensure_projects_visible, missing_boards
from shared.errors import PermanentError, TransientError
from shared.ids import site_id
from shared.jira.credentials import Credential
from shared.kinds import Deployment
from shared.metrics import Metrics
from shared.state.connections import Connection, Connections


async def connect(
    request: ConnectRequest, *, access: JiraAccess, connections: Connections, metrics: Metrics
) -> ConnectAnswer:
    """Test a connection and save it; raises a Refusal that says what is wrong and what to do."""
    site = normalise(request.instance_url)
    chosen = request.deployment
    try:
        server = await _find_server(access, site, chosen)
        login = await log_in(
            access,
            site,
            chosen,
            email=request.email.strip(),
            token=request.api_token.get_secret_value().strip(),
        )
        if server is None:
            server = await _find_server(access, site, chosen, login.credential)
        boards = await _look_around(access, site, chosen, login)
    except Refusal as refusal:
        metrics.connects.labels(refusal.code).inc()
        raise
    metrics.connects.labels("ok").inc()
    named = server or Server(chosen, "", "")
    connection = _to_connection(access, site, named, login, boards_readable=boards is None)
    await connections.add(connection)
    return _to_answer(connection, login, boards)


async def _find_server(
    access: JiraAccess, site: str, chosen: Deployment, credential: Credential | None = None
) -> Server | None:
    """Return the product at the site, or None for a Data Center that tells it to nobody without a login.

    Raises a Refusal for what is no Jira, and for another product than was chosen.
    """
    anybody = {"site": site, "account": "anybody"}
    may_be_private = chosen is Deployment.DATA_CENTER
    try:
        async with access.at(site, chosen, credential) as client:
            server = await identify(client, site=site, may_be_private=may_be_private)
    except (PermanentError, TransientError) as error:
        raise refusal_for(error, anybody) from error
    if server is not None and server.deployment is not chosen:
        is_cloud = server.deployment is Deployment.CLOUD
        raise Refusal("is_cloud" if is_cloud else "is_data_center", anybody, status=200)
    return server


async def _look_around(access: JiraAccess, site: str, deployment: Deployment, login: Login) -> Refusal | None:
    """Raise a Refusal when no project is visible; return why boards are not, if they are not."""
    named = {"site": site, "account": _name_of(login)}
    try:
        async with access.at(login.base_url, deployment, login.credential) as client:
            _, boards = await asyncio.gather(
                ensure_projects_visible(client, deployment, named), missing_boards(client, named)
            )
    except (PermanentError, TransientError) as error:
        raise refusal_for(error, named) from error
    if boards is not None:
        log_refusal(boards)
    return boards


def _name_of(login: Login) -> str:
    account = login.account
    return login.credential.email or str(account.get("displayName") or account.get("name") or "this token")


def _to_connection(
    access: JiraAccess, site: str, server: Server, login: Login, *, boards_readable: bool
) -> Connection:
    id_ = str(uuid4())
    account = login.account
    return Connection(
        id=id_,
        site=site_id(server.base_url or site),
        instance_url=site,
        base_url=login.base_url,
        email=login.credential.email,
        deployment=server.deployment,
        token_kind=login.credential.kind,
        cloud_id=login.cloud_id,
        instance_name=server.title,
        account_id=str(account.get("accountId") or account.get("key") or account.get("name") or ""),
        time_zone=str(account.get("timeZone") or "UTC"),
        boards_readable=boards_readable,
        sealed_token=access.vault.encrypt(login.credential.token, owner=id_),
        created_at=datetime.now(UTC),
    )


def _to_answer(connection: Connection, login: Login, boards: Refusal | None) -> ConnectAnswer:
    info = InstanceInfo(
        cloud_id=connection.cloud_id,
        display_name=connection.instance_name,
        url=connection.instance_url,
        products=None,
        timezone=str(login.account.get("timeZone") or ""),
        locale=str(login.account.get("locale") or ""),
    )
    notices = [Notice(code=boards.code, message=boards.sentence)] if boards else None
    return ConnectAnswer(connection_id=connection.id, instance_info=info, notices=notices)
