"""What each service is told through its environment: the one place that knows the names of the variables."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.embedded.places import ROOT

SERVICES = ("connector", "fetcher-1", "fetcher-2", "loader")  # `kind` or `kind-number`


@dataclass(frozen=True)
class Wiring:
    """The addresses and secrets that the services of one stack share."""

    kafka_bootstrap: str
    mongo_url: str
    jira_gateway: str | None = None  # Atlassian's own when None
    api_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    secrets_key: str = field(
        default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode(), repr=False
    )


def kind_of(service: str) -> str:
    """Return which service a process is: `fetcher` for `fetcher-2`."""
    return service.partition("-")[0]


def environment_of(
    service: str, port: int, wiring: Wiring, overrides: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Variables of one service, over those of this process: `LOG_LEVEL=DEBUG make up` works."""
    kind = kind_of(service)
    variables = {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "1",  # a heap for each driver thread would hold 20 MB more (as in the Dockerfile)
        "MALLOC_TRIM_THRESHOLD_": "65536",
        "SERVICE_NAME": service,
        "HTTP__HOST": "127.0.0.1",
        "HTTP__PORT": str(port),
        "KAFKA__BOOTSTRAP_SERVERS": wiring.kafka_bootstrap,
        "MONGO__URL": wiring.mongo_url,
    }
    if kind in ("connector", "fetcher"):
        variables |= _for_jira(wiring)
    if kind == "connector":
        variables["CONNECTOR_API_TOKENS"] = wiring.api_token
    return {**os.environ, **variables, **(overrides or {})}


def _for_jira(wiring: Wiring) -> dict[str, str]:
    variables = {
        "SECRETS__KEY": wiring.secrets_key,
        "JIRA__ALLOW_PRIVATE_ADDRESSES": "true",  # the simulator is one
    }
    if wiring.jira_gateway is not None:
        variables["JIRA__GATEWAY_URL"] = wiring.jira_gateway
        variables["ATLASSIAN_GATEWAY_URL"] = wiring.jira_gateway  # the connector's own name for it wins there
    return variables
