"""The credentials that the simulator knows, and what Jira makes of any Authorization header."""

import base64
import binascii
from dataclasses import dataclass

from deploy.jira_simulator.errors import HTML, Refused

CLOUD_ID = "11111111-2222-4333-8444-555555555555"
CLOUD_EMAIL = "admin@example.com"
DC_LOGIN = ("admin", "admin")

CLASSIC_TOKEN = "classic-token"  # noqa: S105 - made-up credentials, documented on purpose, here and below
SCOPED_TOKEN = "scoped-token"  # noqa: S105
SCOPED_NO_ME = "scoped-no-me"
SCOPED_NO_USER = "scoped-no-user"
SCOPED_NO_AGILE = "scoped-no-agile"
SCOPED_NO_WORK = "scoped-no-work"
SCOPED_NO_BROWSE = "scoped-no-browse"
SERVICE_TOKEN = "service-token"  # noqa: S105 - Bearer, gateway only
EXPIRED_TOKEN = "expired-token"  # noqa: S105
NO_BROWSE_TOKEN = "no-browse-token"  # noqa: S105
PARTIAL_TOKEN = "partial-token"  # noqa: S105
PAT = "pat-token"
PAT_EXPIRED = "pat-expired"
PAT_NO_BROWSE = "pat-no-browse"
PAT_PARTIAL = "pat-partial"

WORK, USER, ME = "read:jira-work", "read:jira-user", "read:me"
AGILE = frozenset(
    {
        "read:board-scope:jira-software",
        "read:project:jira",
        "read:sprint:jira-software",
        "read:issue-details:jira",
        "read:jql:jira",
        "read:board-scope.admin:jira-software",
    }
)
ALL_SCOPES = AGILE | {WORK, USER, ME}


@dataclass(frozen=True, slots=True)
class Token:
    sees: str = "all"  # "all", "first" (project only) or "none"
    scopes: frozenset[str] | None = None  # None: unscoped


SITE_TOKENS = {CLASSIC_TOKEN: Token(), NO_BROWSE_TOKEN: Token("none"), PARTIAL_TOKEN: Token("first")}
GATEWAY_TOKENS = {
    SCOPED_TOKEN: Token(scopes=ALL_SCOPES),
    SCOPED_NO_ME: Token(scopes=ALL_SCOPES - {ME}),
    SCOPED_NO_USER: Token(scopes=ALL_SCOPES - {USER}),
    SCOPED_NO_AGILE: Token(scopes=ALL_SCOPES - AGILE),
    SCOPED_NO_WORK: Token(scopes=ALL_SCOPES - {WORK}),
    SCOPED_NO_BROWSE: Token("none", ALL_SCOPES),
    SERVICE_TOKEN: Token(scopes=ALL_SCOPES),
}
PATS = {PAT: Token(), PAT_NO_BROWSE: Token("none"), PAT_PARTIAL: Token("first")}

_LOGIN_REASON = "x-seraph-loginreason"
_FAILED = {_LOGIN_REASON: "AUTHENTICATED_FAILED"}
_MUST_AUTHENTICATE = "Client must be authenticated to access this resource."


@dataclass(frozen=True, slots=True)
class Login:
    """Who is asking: nobody in particular, or the holder of a token."""

    token: Token | None = None
    secret: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def known(self) -> bool:
        return self.token is not None

    @property
    def sees_all(self) -> bool:
        return self.token is not None and self.token.sees == "all"


ANONYMOUS = Login()


def login_at_site(authorization: str, dead: set[str], base: str) -> Login:
    """Cloud's site host: a bad token is not refused but served as anonymous, with a header that says so."""
    scheme, _, rest = authorization.partition(" ")
    if scheme == "Bearer" and rest and not rest.startswith(" "):
        raise _jwt_refusal(base) if rest.count(".") == 2 else _opaque_refusal()
    email, secret = _basic(scheme, rest)
    if not email:
        return ANONYMOUS
    token = SITE_TOKENS.get(secret)
    if token is None or secret in dead or email.lower() != CLOUD_EMAIL:
        return Login(headers=tuple(_FAILED.items()))
    return Login(token, secret)


def login_at_gateway(authorization: str, dead: set[str]) -> Login:
    scheme, _, rest = authorization.partition(" ")
    email, secret = _basic(scheme, rest)
    accepted = email.lower() == CLOUD_EMAIL and secret != SERVICE_TOKEN
    if scheme == "Bearer" and rest == SERVICE_TOKEN:
        accepted, secret = True, rest
    token = GATEWAY_TOKENS.get(secret)
    if token is None or secret in dead or not accepted:
        raise gateway_refusal("Unauthorized")
    return Login(token, secret)


def login_at_datacenter(
    authorization: str, dead: set[str], base: str, *, basic_disabled: bool, captcha: bool
) -> Login:
    scheme, _, rest = authorization.partition(" ")
    if scheme == "Bearer":
        token = PATS.get(rest)
        if token is None or rest in dead:
            raise Refused(401, {"message": _MUST_AUTHENTICATE, "status-code": 401}, _FAILED | _realm(base))
        return Login(token, rest, ((_LOGIN_REASON, "OK"),))
    if scheme != "Basic":
        return ANONYMOUS
    if basic_disabled:
        raise Refused(403, {"message": "Basic Authentication has been disabled on this instance."})
    if captcha:
        raise _captcha(base)
    name, secret = _basic(scheme, rest)
    if (name, secret) != DC_LOGIN or secret in dead:
        raise Refused(401, _aui("401 - Unauthorized", "AUTHENTICATED_FAILED"), _FAILED | _realm(base))
    return Login(Token(), secret, ((_LOGIN_REASON, "OK"),))


def gateway_refusal(message: str) -> Refused:
    return Refused(401, {"code": 401, "message": message}, {"content-type": "application/json"})


def myself_refusal(login: Login, base: str, *, cloud: bool) -> Refused:
    """/myself without a login: the one route on Cloud where a bad token is a 401."""
    headers = {"content-type": "text/html", **_realm(base), **dict(login.headers)}
    if cloud:
        return Refused(401, _MUST_AUTHENTICATE, headers)
    return Refused(401, {"message": _MUST_AUTHENTICATE, "status-code": 401}, _realm(base))


def missing_me() -> Refused:
    return Refused(401, {"message": _MUST_AUTHENTICATE, "status-code": 401})


def _basic(scheme: str, rest: str) -> tuple[str, str]:
    if scheme != "Basic":
        return "", ""
    try:
        name, colon, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (name, secret) if colon else ("", "")


def _opaque_refusal() -> Refused:
    return Refused(
        403, {"error": "Failed to parse Connect Session Auth Token"}, {"content-type": "application/json"}
    )


def _jwt_refusal(base: str) -> Refused:
    return Refused(401, _MUST_AUTHENTICATE, {"content-type": "text/html", **_realm(base)})


def _realm(base: str) -> dict[str, str]:
    quoted = base.replace(":", "%3A").replace("/", "%2F")
    return {"www-authenticate": f'OAuth realm="{quoted}"'}


def _captcha(base: str) -> Refused:
    reason = f"CAPTCHA_CHALLENGE; login-url={base}/login.jsp"
    headers = {
        "content-type": HTML,
        _LOGIN_REASON: "AUTHENTICATION_DENIED",
        "x-authentication-denied-reason": reason,
    }
    return Refused(
        403, "<h1>Forbidden (403)</h1>" + _aui("403 - Forbidden", "AUTHENTICATION_DENIED"), headers
    )


def _aui(error: str, reason: str) -> str:
    return (
        '<div class="aui-message aui-message-warning warning">'
        f"<p>Encountered a <code>&quot;{error}&quot;</code> error while loading this page.</p>"
        f"<p>Basic Authentication Failure - Reason : {reason}</p></div>"
    )


def secret_of(authorization: str) -> str:
    """The token or password in a header, so that it can be declared dead."""
    scheme, _, rest = authorization.partition(" ")
    return _basic(scheme, rest)[1] if scheme == "Basic" else rest
