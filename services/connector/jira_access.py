"""Opening Jira with credentials from the vault; for an admin who waits, with short patience."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from services.connector.diagnosis.refusals import Refusal
from services.connector.diagnosis.translate import refusal_for
from shared.crypto import Vault
from shared.errors import PermanentError, TransientError
from shared.jira.budget import LONGEST_COOL_DOWN, Budget
from shared.jira.budgets import Budgets
from shared.jira.client import JiraClient, open_client
from shared.jira.credentials import Credential
from shared.kinds import Deployment
from shared.metrics import Metrics
from shared.settings import JiraSettings
from shared.state.connections import Connection

_CONNECT_TIMEOUT: Final = timedelta(seconds=5)
_READ_TIMEOUT: Final = timedelta(seconds=15)  # Windshift's own server cuts an answer off at 30 s
_ATTEMPTS: Final = 2
_PATIENCE: Final = 10.0  # seconds that an admin waits for Jira's limit; then they read that it holds


@dataclass(frozen=True, slots=True)
class JiraAccess:
    """Opens clients for an address, or for a saved connection; hurried unless nobody waits for an answer."""

    settings: JiraSettings
    gateway_url: str
    metrics: Metrics
    vault: Vault
    hurried: bool = True
    budgets: Budgets | None = None

    def unhurried(self) -> "JiraAccess":
        """Return the same for work in the background, with all the patience that the settings allow."""
        return replace(self, hurried=False)

    def at(
        self,
        base_url: str,
        deployment: Deployment,
        credential: Credential | None = None,
        *,
        budget: Budget | None = None,
    ) -> AbstractAsyncContextManager[JiraClient]:
        """Open a client for a base URL, anonymous or with a credential; within the budget of its site."""
        patience = {
            "attempts": _ATTEMPTS,
            "connect_timeout": min(_CONNECT_TIMEOUT, self.settings.connect_timeout),
            "read_timeout": min(_READ_TIMEOUT, self.settings.read_timeout),
        }
        settings = self.settings.model_copy(update=patience) if self.hurried else self.settings
        return open_client(
            base_url=base_url,
            deployment=deployment,
            credential=credential,
            settings=settings,
            metrics=self.metrics,
            budget=budget,
            patience=_PATIENCE if self.hurried else LONGEST_COOL_DOWN,
        )

    @asynccontextmanager
    async def of(self, connection: Connection) -> AsyncIterator[JiraClient]:
        """Open a client for a saved connection; every error of Jira leaves as a Refusal."""
        named = named_of(connection)
        try:
            token = self.vault.decrypt(connection.sealed_token, owner=connection.id)
        except PermanentError as error:
            raise Refusal("credential_unreadable", named) from error
        credential = Credential(connection.token_kind, connection.email, token)
        deployment = connection.deployment
        budget = self.budgets.of(connection.site, deployment) if self.budgets else None
        try:
            async with self.at(connection.base_url, deployment, credential, budget=budget) as client:
                yield client
        except (PermanentError, TransientError) as error:
            raise refusal_for(error, named) from error


def named_of(connection: Connection) -> dict[str, str]:
    """What the hints may name of a saved connection."""
    return {
        "site": connection.instance_url,
        "account": connection.email or "this token",
        "saved": f"{connection.created_at:%Y-%m-%d}",
    }
