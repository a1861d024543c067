"""What stands before every route of the API: who is calling, from where, and how much they send."""

import hmac
from collections.abc import Sequence
from typing import Final

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.connector.problems import problem

API_PREFIX: Final = "/api/"
_OWN_SITE: Final = ("same-origin", "none")  # none: the user's own doing; what is no browser sends nothing
BODY_LIMIT: Final = 8 * 2**20  # bytes; the mappings of 5,000 projects with four versions each take half


class Guard:
    """Refuses callers without a token of ours, browsers on other sites and oversized bodies: 401, 403, 413.

    Nothing is parsed before. Behind a proxy that adds the token, only the second keeps other sites out.
    """

    def __init__(self, app: ASGIApp, *, tokens: Sequence[SecretStr]) -> None:
        self._app = app
        self._accepted = [f"Bearer {token.get_secret_value()}".encode() for token in tokens]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API_PREFIX):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._accepted and not self._is_known(headers.get("authorization", "")):
            await problem(401, "Authentication required", "UNAUTHORIZED")(scope, receive, send)
            return
        if scope["method"] != "GET" and headers.get("sec-fetch-site", "none") not in _OWN_SITE:
            await problem(403, "Cross-site request blocked", "CSRF_ERROR")(scope, receive, send)
            return
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > BODY_LIMIT:
            await problem(413, _too_large(), "PAYLOAD_TOO_LARGE")(scope, receive, send)
            return
        await self._app(scope, _counted(receive), send)

    def _is_known(self, authorization: str) -> bool:
        given = authorization.encode()
        # Every token is compared, so that the time says nothing about which one was near.
        return sum(hmac.compare_digest(given, accepted) for accepted in self._accepted) > 0


def _counted(receive: Receive) -> Receive:
    """Count what arrives: a body sent in chunks declares no length."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_LIMIT:
            raise HTTPException(413, _too_large())
        return message

    return counted


def _too_large() -> str:
    return f"The request body is larger than {BODY_LIMIT // 2**20} MiB; choose fewer projects or mappings"
