"""Every form in which Jira refuses: its words come out verbatim, and the error says what can be done."""

from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from shared.errors import PermanentError, TransientError
from shared.jira import answers
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
from shared.jira.limits import retry_after

MUST = "Client must be authenticated to access this resource."
TOMCAT = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 429</title><style>h1 {color: red}</style></head>'
    "<body><h1>HTTP Status 429 &ndash; Too Many Requests</h1><script>var a = '<b>';</script>"
    "<p>Rate limit exceeded.</p></body></html>"
)
CAPTCHA = {
    "x-seraph-loginreason": "AUTHENTICATION_DENIED",
    "x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login.jsp",
}
FAILED = {"x-seraph-loginreason": "AUTHENTICATED_FAILED"}


def answer(
    status: int, body: Any = "", headers: dict[str, str] | None = None, *, kind: str | None = None
) -> httpx.Response:
    text = body if isinstance(body, str) else orjson.dumps(body).decode()
    kind = kind or ("text/html;charset=UTF-8" if isinstance(body, str) else "application/json;charset=UTF-8")
    return httpx.Response(status, content=text.encode(), headers={"content-type": kind, **(headers or {})})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errorMessages": ["No such thing."], "errors": {}}, "No such thing."),
        ({"errorMessages": ["One.", "Two."]}, "One. Two."),
        ({"errorMessages": [], "errors": {"jql": "Is odd."}, "status": 400}, "Is odd."),
        ({"errorMessages": ["One."], "errors": {"a": "Two."}, "warningMessages": ["Not me."]}, "One. Two."),
        ({"errorMessages": "Just a text."}, "Just a text."),
        ({"message": MUST, "status-code": 401}, MUST),
        (MUST, MUST),
        ({"code": 401, "message": "Unauthorized; scope"}, "Unauthorized; scope"),
        ({"error": "Failed to parse Connect Session"}, "Failed to parse Connect Session"),
        ({"error": {"code": "BadRequest", "title": "Only one auth mechanism"}}, "Only one auth mechanism"),
        ({"title": "Unsupported Media Type", "detail": "Not 'null'.", "instance": "/x"}, "Not 'null'."),
        ({"errorMessage": "Site temporarily unavailable"}, "Site temporarily unavailable"),
        ({"message": "null for uri: /rest/api/9/x", "status-code": 404}, "null for uri: /rest/api/9/x"),
        (TOMCAT, "HTTP Status 429 \u2013 Too Many Requests Rate limit exceeded."),
        ("<status><status-code>401</status-code><message>Not &amp; never</message></status>", "Not & never"),
        ("  \n plain \t words ", "plain words"),
        ("", ""),
        ({}, ""),
        ({"errorMessages": None, "errors": ["odd"], "message": 7}, ""),
        ("{not json at all", "{not json at all"),
    ],
)  # fmt: skip
def test_the_message_comes_out_of_every_form(body: Any, words: str) -> None:
    assert answers.jira_message(answer(400, body)) == words


def test_a_message_is_short_and_a_page_is_never_searched_to_its_end() -> None:
    assert len(answers.jira_message(answer(500, {"message": "x" * 5000}))) == 500
    assert len(answers.jira_message(answer(500, "<script " * 200_000))) <= 500


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"),
    [
        (400, {"errorMessages": ["Bad JQL."]}, {}, JiraError),
        (401, MUST, FAILED, JiraLoginError),
        (401, {"code": 401, "message": "Unauthorized"}, {}, JiraLoginError),
        (401, {"code": 401, "message": "Unauthorized; scope does not match"}, {}, JiraScopeError),
        (403, {"errorMessages": ["Not yours."]}, {}, JiraForbiddenError),
        (403, {"message": "Basic Authentication has been disabled."}, {}, JiraForbiddenError),
        (403, "<h1>Forbidden</h1>", CAPTCHA, JiraCaptchaError),
        (200, {"values": []}, CAPTCHA, JiraCaptchaError),
        (403, {"errorMessages": ["Who?"]}, {"x-seraph-loginreason": "AUTHORISATION_FAILED"}, JiraLoginError),
        (404, {"errorMessages": ["Issue does not exist."]}, {}, JiraNotFoundError),
        (404, {"errorMessages": ["Issue does not exist."]}, FAILED, JiraLoginError),
        (400, {"errorMessages": ["The value 'A' does not exist."]}, FAILED, JiraLoginError),
        (200, {"issues": [], "isLast": True}, FAILED, JiraLoginError),
        (200, {"issues": []}, {"x-seraph-loginreason": "OUT, AUTHENTICATION_DENIED"}, JiraLoginError),
        (302, "", {**FAILED, "location": "/login.jsp"}, JiraLoginError),
        (302, "", {"location": "/login.jsp?os_destination=x"}, JiraRedirectError),
        (307, "", {}, JiraRedirectError),
        (410, {"errorMessages": ["The requested API has been removed."]}, {}, JiraNotFoundError),
        (413, "", {}, JiraError),
        (415, {"title": "Unsupported Media Type"}, {}, JiraError),
        (408, "", {}, JiraUnavailableError),
        (429, TOMCAT, {}, JiraUnavailableError),
        (500, {"errorMessages": ["Internal server error"]}, {}, JiraUnavailableError),
        (502, "<title>502</title>", {}, JiraUnavailableError),
        (503, "", {"retry-after": "1"}, JiraUnavailableError),
        (504, "", FAILED, JiraUnavailableError),
    ],
)  # fmt: skip
def test_each_answer_means_one_error(status: int, body: Any, headers: dict[str, str], kind: type) -> None:
    with pytest.raises((JiraError, JiraUnavailableError)) as caught:
        answers.parse(answer(status, body, headers), endpoint="GET /x")
    error = caught.value
    assert type(error) is kind
    assert isinstance(error, JiraError | JiraUnavailableError)
    assert (error.status, error.endpoint) == (status, "GET /x")
    assert isinstance(error, TransientError if kind is JiraUnavailableError else PermanentError)


def test_jiras_words_are_kept_verbatim_and_a_redirect_names_no_parameters() -> None:
    with pytest.raises(JiraLoginError) as refused:
        answers.parse(answer(401, {"message": MUST, "status-code": 401}), endpoint="GET /me")
    assert refused.value.jira_message == MUST
    assert str(refused.value) == f"Jira answered 401 to GET /me: {MUST}"
    with pytest.raises(JiraRedirectError, match=r"redirect to https://sso\.example\.com/login$"):
        answers.parse(
            answer(302, "", {"location": "https://sso.example.com/login?token=secret"}), endpoint="GET /me"
        )


def test_a_good_answer_of_the_logged_in_account_is_parsed() -> None:
    response = answer(200, {"id": "1"}, {"x-seraph-loginreason": "OK"})
    assert answers.parse(response, endpoint="GET /x") == {"id": "1"}


@pytest.mark.parametrize(
    "response",
    [
        answer(200, "<html><body>Log in</body></html>"),
        answer(200, '{"issues": [{"id": "1"', kind="application/json"),
        answer(200, "", kind="application/json"),
        httpx.Response(204),
    ],
)
def test_a_success_that_is_not_json_may_pass_on_another_try(response: httpx.Response) -> None:
    with pytest.raises(JiraNotJsonError) as caught:
        answers.parse(response, endpoint="GET /x")
    assert isinstance(caught.value, TransientError)


NOW = datetime(2026, 3, 26, 15, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "Thu, 26 Mar 2026 16:00:00 GMT"}, 30.0),
        ({"Retry-After": "Thu, 26 Mar 2026 16:00:00 -0000"}, 30.0),
        ({"Retry-After": "Thu, 26 Mar 2026 15:00:00 GMT"}, 0.0),
        ({"X-RateLimit-Reset": "2026-03-26T16:00:10Z"}, 40.0),
        ({"X-RateLimit-Reset": "2026-03-26T16:00Z"}, 30.0),
        ({"X-RateLimit-Reset": "2026-03-26T16:00:00"}, 30.0),
        ({"X-RateLimit-Reset": "2026-03-26T17:00:00+01:00"}, 30.0),
        ({"X-RateLimit-Reset": "2026-03-26T12:00Z"}, 0.0),
        ({"Retry-After": "3", "X-RateLimit-Reset": "2026-03-26T16:00Z"}, 3.0),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "2026-03-26T16:00Z"}, 30.0),
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Reset": "1774540800"}, None),
        ({"X-RateLimit-Remaining": "0"}, None),
    ],
)
def test_the_wait_that_an_answer_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Headers(headers), now=NOW) == seconds


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (rb'{"a": "half \ud83d of it"}', {"a": "half \ufffd of it"}),
        (rb'{"a": "\ud83d\ude00 \u0000"}', {"a": "\U0001f600 \x00"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": NaN, "b": "\xff"}', {"a": None, "b": "\ufffd"}),
    ],
)
def test_what_is_no_text_takes_nothing_along(content: bytes, read: Any) -> None:
    response = httpx.Response(200, content=content, headers={"content-type": "application/json"})
    assert answers.parse(response, endpoint="GET /x") == read


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": ', b"[" * 100_000, b'{"a": 1}}'])
def test_half_an_answer_is_worth_another_try(content: bytes) -> None:
    response = httpx.Response(200, content=content, headers={"content-type": "application/json"})
    with pytest.raises(JiraNotJsonError):
        answers.parse(response, endpoint="GET /x")
