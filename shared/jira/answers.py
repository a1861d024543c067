"""Reading an answer: Jira's message out of its dozen error forms, and the error that it means."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any, Final

import httpx
import orjson

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

# Atlassian's login filter; sent on 200s too, where the answer is the anonymous view.
_SERAPH: Final = "x-seraph-loginreason"
_SERAPH_FAILURES: Final = frozenset({"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED"})
_ANONYMOUS: Final = "Client must be authenticated to access this resource."
_MESSAGE_LIMIT: Final = 500  # characters; an error page is no message
_TAGS: Final = re.compile(r"<(script|style|title).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_XML_MESSAGE: Final = re.compile(r"<message>(.*?)</message>", re.DOTALL)


def parse(response: httpx.Response, *, endpoint: str) -> Any:
    """Return the JSON of a good answer; raise the error that any other answer means."""
    raise_for_answer(response, endpoint=endpoint)
    if "json" not in response.headers.get("content-type", ""):
        raise JiraNotJsonError(
            jira_message(response) or "an answer that is not JSON",
            status=response.status_code,
            endpoint=endpoint,
        )
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise JiraNotJsonError(
            f"an answer whose JSON breaks off ({error})", status=response.status_code, endpoint=endpoint
        ) from error


def raise_for_answer(response: httpx.Response, *, endpoint: str) -> None:
    """Raise unless the answer is a success that was given to the logged-in account."""
    status = response.status_code
    login_reason = response.headers.get(_SERAPH, "")
    if login_reason in _SERAPH_FAILURES and status < 400:
        raise JiraLoginError(_ANONYMOUS, status=status, endpoint=endpoint)
    if status < 300:
        return
    message = jira_message(response) or response.reason_phrase or f"status {status}"
    if status < 400:
        target = response.headers.get("location", "").split("?", 1)[0]
        raise JiraRedirectError(f"redirect to {target}", status=status, endpoint=endpoint)
    if status in (408, 429) or status >= 500:
        raise JiraUnavailableError(
            message, status=status, endpoint=endpoint, retry_after=retry_after(response.headers)
        )
    raise _error_class(response, message)(message, status=status, endpoint=endpoint)


def _error_class(response: httpx.Response, message: str) -> type[JiraError]:
    status = response.status_code
    if "CAPTCHA" in response.headers.get("x-authentication-denied-reason", ""):
        return JiraCaptchaError
    if status == 401:
        return JiraScopeError if "scope does not match" in message else JiraLoginError
    if response.headers.get(_SERAPH, "") in _SERAPH_FAILURES:
        return JiraLoginError
    return {403: JiraForbiddenError, 404: JiraNotFoundError, 410: JiraNotFoundError}.get(status, JiraError)


def jira_message(response: httpx.Response) -> str:
    """Return Jira's own words: JSON in any of its forms, XML, HTML or plain text; at most 500 characters."""
    text = response.text.strip()
    try:
        body = orjson.loads(text) if text[:1] in "{[" else None
    except orjson.JSONDecodeError:
        body = None
    if isinstance(body, Mapping):
        return _from_json(body)[:_MESSAGE_LIMIT]
    if found := _XML_MESSAGE.search(text):
        text = found.group(1)
    return " ".join(unescape(_TAGS.sub(" ", text)).split())[:_MESSAGE_LIMIT]


def _from_json(body: Mapping[str, Any]) -> str:
    messages = [str(m) for m in body.get("errorMessages") or ()]
    errors = body.get("errors")
    if isinstance(errors, Mapping):
        messages += [str(m) for m in errors.values()]
    if messages:
        return " ".join(messages)
    for member in ("message", "errorMessage", "error_description", "error", "detail", "title"):
        if isinstance(body.get(member), str):
            return str(body[member])
    return ""


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Return the seconds to wait that an answer asks for, from Retry-After or X-RateLimit-Reset."""
    now = now or datetime.now(UTC)
    if value := headers.get("retry-after"):
        if value.isdigit():
            return float(value)
        try:
            return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
        except ValueError:
            return None
    if value := headers.get("x-ratelimit-reset"):
        try:
            reset = datetime.fromisoformat(value)  # seen with and without seconds
        except ValueError:
            return None
        return max(0.0, ((reset if reset.tzinfo else reset.replace(tzinfo=UTC)) - now).total_seconds())
    return None
