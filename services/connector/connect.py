"""Test connection: product, login, token kind, visible projects, boards; then the connection is saved."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import SecretStr

from services.connector.diagnosis.refusals import Refusal, log_refusal
from services.connector.diagnosis.translate import refusal_for
from services.connector.identify import Server, identify
from services.connector.instance_url import normalise
from services.connector.jira_access import JiraAccess
from services.connector.login import Login, log_in
from services.connector.schemas.connections import ConnectAnswer, ConnectRequest, InstanceInfo, Notice
from services.connector.visible import ensure_projects_visible, missing_boards
from shared.crypto import Vault
from shared.errors import PermanentError, TransientError
from shared.ids import site_id
from shared.jira.credentials import Credential
from shared.kinds import Deployment
from shared.metrics import Metrics
from shared.state.connections import Connection, Connections
from shared.together import together


@dataclass(frozen=True, slots=True)
class Tested:
    """What was found behind an address with a credential."""

    site: str
    server: Server
    login: Login
    boards: Refusal | None  # why they cannot be read

    def connection(self, vault: Vault, *, id_: str, created_at: datetime) -> Connection:
        """Return the connection to save, its token encrypted."""
        account = self.login.account
        return Connection(
            id=id_,
            site=site_id(self.server.base_url or self.site),
            instance_url=self.site,
            base_url=self.login.base_url,
            email=self.login.credential.email,
            deployment=self.server.deployment,
            token_kind=self.login.credential.kind,
            cloud_id=self.login.cloud_id,
            instance_name=self.server.title,
            account_id=str(account.get("accountId") or account.get("key") or account.get("name") or ""),
            time_zone=str(account.get("timeZone") or "UTC"),
            boards_readable=self.boards is None,
            sealed_token=vault.encrypt(self.login.credential.token, owner=id_),
            created_at=created_at,
        )

    def info(self) -> InstanceInfo:
        """Return the site as the wizard shows it."""
        return InstanceInfo(
            cloud_id=self.login.cloud_id,
            display_name=self.server.title,
            url=self.site,
            products=None,
            timezone=str(self.login.account.get("timeZone") or ""),
            locale=str(self.login.account.get("locale") or ""),
        )

    def notices(self) -> list[Notice]:
        """Return what works only in part."""
        return [Notice(code=self.boards.code, message=self.boards.sentence)] if self.boards else []


async def connect(
    request: ConnectRequest, *, access: JiraAccess, connections: Connections, metrics: Metrics
) -> ConnectAnswer:
    """Test a connection and save it; raises a Refusal that says what is wrong and what to do."""
    tested = await examine(
        request.instance_url,
        request.deployment,
        email=request.email,
        token=request.api_token,
        access=access,
        metrics=metrics,
    )
    connection = tested.connection(access.vault, id_=str(uuid4()), created_at=datetime.now(UTC))
    await connections.add(connection)
    return ConnectAnswer(
        connection_id=connection.id, instance_info=tested.info(), notices=tested.notices() or None
    )


async def examine(
    instance_url: str,
    chosen: Deployment,
    *,
    email: str,
    token: SecretStr,
    access: JiraAccess,
    metrics: Metrics,
) -> Tested:
    """Find out which Jira answers, whether it knows the credential, and what it shows; raises a Refusal."""
    site = normalise(instance_url)
    try:
        server = await _find_server(access, site, chosen)
        login = await log_in(
            access, site, chosen, email=email.strip(), token=token.get_secret_value().strip()
        )
        if server is None:
            server = await _find_server(access, site, chosen, login.credential)
        boards = await _look_around(access, site, chosen, login)
    except Refusal as refusal:
        metrics.connects.labels(refusal.code).inc()
        raise
    metrics.connects.labels("ok").inc()
    return Tested(site, server or Server(chosen, "", ""), login, boards)


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
            _, boards = await together(
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
