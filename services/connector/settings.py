"""What the connector reads from its environment."""

import ipaddress
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from shared.errors import ConfigError
from shared.settings import Duration, JiraSettings, SecretsSettings, ServiceSettings


class ConnectorSettings(ServiceSettings):
    """The connector's own settings; `CONNECTOR_API_TOKENS` is a comma list, so that tokens can be rotated."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # an unusable setting may be a secret

    service_name: str = "connector"
    jira: JiraSettings = JiraSettings()
    secrets: SecretsSettings = SecretsSettings()
    # Atlassian's gateway for scoped tokens; None takes the one of the Jira settings.
    atlassian_gateway_url: str | None = None
    api_tokens: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), validation_alias=AliasChoices("CONNECTOR_API_TOKENS", "API_TOKENS", "api_tokens")
    )
    full_read_after: Duration = timedelta(days=30)  # Jira does not tell of every change, see the README
    allow_unauthenticated: bool = False  # for the demo; refused unless the service listens on loopback

    @field_validator("api_tokens", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def gateway_url(self) -> str:
        """The origin of Atlassian's gateway, without a trailing slash."""
        return (self.atlassian_gateway_url or self.jira.gateway_url).rstrip("/")

    def ensure_callers_can_be_told_apart(self) -> None:
        """Raise ConfigError where anybody on the network could start imports."""
        if self.api_tokens:
            return
        if not self.allow_unauthenticated:
            raise ConfigError(
                "CONNECTOR_API_TOKENS is empty: anybody could start imports. Set it to one or more tokens,"
                " separated by commas (make one: openssl rand -hex 32)."
            )
        if not _is_loopback(self.http.host):
            raise ConfigError(
                f"ALLOW_UNAUTHENTICATED is for a loopback address only, and HTTP__HOST is {self.http.host!r}."
                " Set CONNECTOR_API_TOKENS instead."
            )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
