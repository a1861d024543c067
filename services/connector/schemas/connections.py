"""Connections and the connection test."""

from datetime import datetime

from pydantic import SecretStr

from services.connector.schemas.parts import Answer, Request, left_out
from shared.kinds import Deployment


class ConnectRequest(Request):
    """What the wizard's first step asks for; anything but `datacenter` is taken as Cloud."""

    instance_url: str = ""
    email: str = ""
    api_token: SecretStr = SecretStr("")
    deployment_type: str = "cloud"

    @property
    def deployment(self) -> Deployment:
        """Which product was chosen."""
        chosen_data_center = self.deployment_type == Deployment.DATA_CENTER
        return Deployment.DATA_CENTER if chosen_data_center else Deployment.CLOUD


class InstanceInfo(Answer):
    """The site as the wizard shows it."""

    cloud_id: str
    display_name: str
    url: str
    products: list[str] | None
    timezone: str
    locale: str


class Notice(Answer):
    """Something that will be left out, and what to do to have it."""

    code: str
    message: str


class ConnectAnswer(Answer):
    """A connection that works."""

    connection_id: str
    instance_info: InstanceInfo
    notices: list[Notice] | None = left_out("What works only in part, such as boards that cannot be read.")


class RenewRequest(Request):
    """A new credential; without `email` or `instance_url`, those that the connection has."""

    api_token: SecretStr = SecretStr("")
    email: str = ""
    instance_url: str = ""


class RenewAnswer(ConnectAnswer):
    """The connection with its new credential, and the jobs that had waited for one and go on now."""

    resumed_jobs: list[str]


class ConnectionAnswer(Answer):
    """A saved connection; its token is never shown."""

    id: str
    instance_url: str
    email: str
    instance_name: str
    deployment_type: Deployment
    created_at: datetime
    last_used_at: datetime | None = left_out()
