"""How each kind of token is sent."""

import base64
from dataclasses import dataclass, field

from shared.kinds import TokenKind


@dataclass(frozen=True, slots=True)
class Credential:
    """An account's e-mail (or user name) and token; the token never shows in a repr."""

    kind: TokenKind
    email: str
    token: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        """Bearer for a personal access token and for a service account's, Basic for all else."""
        if self.kind in (TokenKind.PAT, TokenKind.SERVICE):
            return {"Authorization": f"Bearer {self.token}"}
        pair = base64.b64encode(f"{self.email}:{self.token}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
