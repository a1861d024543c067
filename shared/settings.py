"""Settings groups that several services share; each service composes its own class of them."""

import json
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split(value: object) -> object:
    """Read `a,b` as well as a JSON list: the first is what people write into an environment."""
    if isinstance(value, str):
        return (
            json.loads(value) if value.startswith("[") else [v.strip() for v in value.split(",") if v.strip()]
        )
    return value


def _seconds(value: object) -> object:
    """Read `1.5` as well as `PT1.5S`: the first is what people write into an environment."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Duration = Annotated[timedelta, BeforeValidator(_seconds)]
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(_Group):
    """Where the broker is, and how to log in."""

    bootstrap_servers: str = "localhost:9092"
    request_timeout: Duration = timedelta(seconds=40)  # a broker restart may take 13 s: ten are too few
    session_timeout: Duration = timedelta(seconds=10)  # a silent member's partitions go to others after that
    max_poll_interval: Duration = timedelta(
        minutes=5
    )  # so do those of a member that takes no further records
    security_protocol: str = Field(default="PLAINTEXT", pattern="^(PLAINTEXT|SASL_PLAINTEXT|SASL_SSL|SSL)$")
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")


class MongoSettings(_Group):
    """Where the store is: our own state, and Windshift's documents."""

    url: SecretStr = SecretStr("mongodb://localhost:27017")
    state_database: str = "jira_import"
    windshift_database: str = "windshift"


class HttpSettings(_Group):
    """Where this service listens (API, health and metrics on one port)."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class JiraSettings(_Group):
    """How Jira is asked. Only GET and a few reading POSTs ever leave the process."""

    gateway_url: str = "https://api.atlassian.com"
    allow_private_addresses: bool = False
    allowed_private_hosts: CommaList = ()  # hosts of a Jira in your own network, by name or address
    ca_file: str | None = None
    connect_timeout: Duration = timedelta(seconds=10)
    read_timeout: Duration = timedelta(seconds=60)  # a bulk answer of a busy site takes half of that
    max_connections: PositiveInt = 16
    attempts: PositiveInt = 6
    max_backoff: Duration = timedelta(seconds=30)  # Atlassian's own advice for the longest wait


class SecretsSettings(_Group):
    """The key that encrypts Jira's tokens at rest: 32 bytes in base64, given or in a file."""

    key: SecretStr | None = None
    key_file: str | None = None
    key_id: str = "k1"


class ServiceSettings(BaseSettings):
    """What every service reads from its environment: `GROUP__FIELD`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_nested_delimiter="__",
        hide_input_in_errors=True,  # an unusable setting may be a secret
    )

    service_name: str = "service"
    log_level: str = "INFO"
    log_format: str = Field(default="auto", pattern="^(auto|json|console)$")
    kafka: KafkaSettings = KafkaSettings()
    mongo: MongoSettings = MongoSettings()
    http: HttpSettings = HttpSettings()
