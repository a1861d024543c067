"""From the client's errors to codes."""

import socket
import ssl

import httpx
import pytest

from services.connector.diagnosis.translate import refusal_for
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

NAMED = {"site": "https://acme.example", "account": "anna"}
SAVED = {**NAMED, "saved": "2026-11-01"}
WITH_KEY = {**SAVED, "key": "ENG"}


def error(kind: type[JiraError], status: int = 401, words: str = "Words of Jira.") -> JiraError:
    return kind(words, status=status, endpoint="GET /x")


def silence(cause: BaseException) -> JiraUnavailableError:
    found = JiraUnavailableError(str(cause), status=0, endpoint="GET /x")
    found.__cause__ = cause
    return found


NO_NAME = httpx.ConnectError("no")
NOT_TRUSTED = ssl.SSLCertVerificationError("no")
NOT_TRUSTED.verify_message = "certificate has expired"
NO_NAME.__cause__ = socket.gaierror(-2, "Name or service not known")


@pytest.mark.parametrize(
    ("raised", "named", "code"),
    [
        (AddressRefusedError("private"), NAMED, "address_refused"),
        (UnknownHostError("gone"), NAMED, "unknown_host"),
        (silence(NO_NAME), NAMED, "unknown_host"),
        (silence(httpx.ConnectError("refused")), NAMED, "unreachable"),
        (silence(httpx.ReadTimeout("late")), NAMED, "timeout"),
        (silence(NOT_TRUSTED), NAMED, "certificate_refused"),
        (silence(ssl.SSLError("wrong version number")), NAMED, "tls_error"),
        (JiraUnavailableError("x", status=429, endpoint="GET /x"), NAMED, "rate_limited"),
        (JiraUnavailableError("x", status=502, endpoint="GET /x"), NAMED, "jira_unavailable"),
        (JiraNotJsonError("Log in", status=200, endpoint="GET /x"), NAMED, "login_page"),
        (
            JiraNotJsonError("an answer whose JSON breaks off (x)", status=200, endpoint="GET /x"),
            NAMED,
            "jira_unavailable",
        ),
        (error(JiraRedirectError, 302, "redirect to https://sso.example"), NAMED, "redirected"),
        (error(JiraCaptchaError, 403), SAVED, "captcha"),
        (error(JiraScopeError), SAVED, "scope_missing_read_jira_work"),
        (error(JiraLoginError), SAVED, "token_died"),
        (error(JiraLoginError, 200), SAVED, "token_died"),
        (error(JiraLoginError), NAMED, "jira_refused"),
        (error(JiraForbiddenError, 403), NAMED, "forbidden"),
        (
            error(JiraForbiddenError, 403, "Basic Authentication has been disabled on this instance."),
            NAMED,
            "basic_disabled",
        ),
        (error(JiraNotFoundError, 404), WITH_KEY, "no_browse_projects"),
        (error(JiraNotFoundError, 404), SAVED, "jira_refused"),
        (
            error(JiraError, 400, "You do not have the permission to see the specified issue."),
            WITH_KEY,
            "no_browse_projects",
        ),
        (PermanentError("something else"), NAMED, "jira_refused"),
    ],
)
def test_every_error_has_its_code(
    raised: PermanentError | TransientError, named: dict[str, str], code: str
) -> None:
    assert refusal_for(raised, named).code == code


def test_a_redirect_is_named_without_its_query() -> None:
    refusal = refusal_for(error(JiraRedirectError, 302, "redirect to https://sso.example/in"), NAMED)

    assert refusal.sentence.startswith("https://acme.example sends requests on to https://sso.example/in.")
    assert refusal.jira_message == ""


def test_a_redirect_to_jiras_new_address_names_what_can_be_entered() -> None:
    moved = error(JiraRedirectError, 301, "redirect to https://jira.example/jira/rest/api/2/serverInfo")

    assert "sends requests on to https://jira.example/jira. If that" in refusal_for(moved, NAMED).sentence
