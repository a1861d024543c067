"""The connector's OpenAPI document."""

import base64
from typing import Any

from pydantic import SecretStr

from services.connector.app import create_app
from services.connector.settings import ConnectorSettings
from shared.settings import SecretsSettings


def openapi() -> dict[str, Any]:
    """Return what the service itself serves at `/openapi.json`; nothing is connected for it."""
    key = base64.b64encode(bytes(32)).decode()  # encrypts nothing here
    settings = ConnectorSettings(
        api_tokens=(SecretStr("unused"),), secrets=SecretsSettings(key=SecretStr(key))
    )
    return create_app(settings).openapi()
