"""From an error of the Jira client to the refusal that says what it means for the admin."""

import socket
import ssl
from collections.abc import Iterator, Mapping

import httpx

from services.connector.diagnosis.refusals import Refusal
from shared.errors import PermanentError, TransientError
from shared.jira.addresses import AddressRefusedError, UnknownHostError
from shared.jira.errors import (
    JiraCaptchaError,
    JiraError,
    JiraForbiddenError,
    JiraLoginError,
    JiraNotFoundError,
    JiraNotJsonError,
    JiraRedirectError,
    JiraScopeError,
    JiraUnavailableError,
)

_BASIC_DISABLED = "Basic Authentication has been disabled"
_NO_BROWSE = "You do not have the permission to see the specified issue"
_REDIRECT_WORDS = "redirect to "  # how the client words a redirect; Jira itself said nothing


def refusal_for(error: PermanentError | TransientError, named: Mapping[str, str]) -> Refusal:
    """Return the refusal of whatever the client raised; `named` fills the placeholders of the table.

    `key`, when it is given, says that a project was asked for: a 404 is then about that project.
    """
    if isinstance(error, AddressRefusedError):
        return Refusal("address_refused", named)
    if isinstance(error, UnknownHostError):
        return Refusal("unknown_host", named)
    if isinstance(error, JiraUnavailableError):
        return _unavailable(error, named)
    if isinstance(error, JiraRedirectError):
        # Without the route that was asked for: what remains can be entered as it is.
        target = error.jira_message.removeprefix(_REDIRECT_WORDS).split("/rest/", 1)[0] or "another page"
        return Refusal(
            "redirected", {**named, "target": target}, status=error.status, endpoint=error.endpoint
        )
    if isinstance(error, JiraError):
        return told_by_jira(_code_of(error, named), error, named)
    return Refusal("jira_refused", named, jira_message=str(error))


def told_by_jira(code: str, error: JiraError | JiraUnavailableError, named: Mapping[str, str]) -> Refusal:
    """Return a refusal that carries Jira's own words."""
    return Refusal(code, named, jira_message=error.jira_message, status=error.status, endpoint=error.endpoint)


def _unavailable(error: JiraUnavailableError, named: Mapping[str, str]) -> Refusal:
    if isinstance(error, JiraNotJsonError) and "JSON breaks off" not in error.jira_message:
        # A page where data should be: its text is no message.
        return Refusal("login_page", named, status=error.status, endpoint=error.endpoint)
    if error.status == 429:
        return told_by_jira("rate_limited", error, named)
    if error.status:
        return told_by_jira("jira_unavailable", error, named)
    code, reason = _no_answer(error)
    return Refusal(code, {**named, "reason": reason}, endpoint=error.endpoint)


def _no_answer(error: BaseException) -> tuple[str, str]:
    """Return the code, and what is wrong with a certificate."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate_refused", cause.verify_message.rstrip(".")
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "unknown_host", ""
        if isinstance(cause, httpx.TimeoutException):
            return "timeout", ""
        if isinstance(cause, ssl.SSLError) or "SSL" in str(cause):
            return "tls_error", ""
    return "unreachable", ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _code_of(error: JiraError, named: Mapping[str, str]) -> str:
    if isinstance(error, JiraCaptchaError):
        return "captcha"
    if isinstance(error, JiraScopeError):
        return "scope_missing_read_jira_work"
    if _BASIC_DISABLED in error.jira_message:
        return "basic_disabled"
    if _NO_BROWSE in error.jira_message and "key" in named:
        return "no_browse_projects"
    if isinstance(error, JiraNotFoundError) and "key" in named:
        return "no_browse_projects"
    if isinstance(error, JiraLoginError) and "saved" in named:
        return "token_died"
    return "forbidden" if isinstance(error, JiraForbiddenError) else "jira_refused"
