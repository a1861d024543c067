"""Reading an answer: Jira's message out of its dozen error forms, and the error that it means."""

import json
import re
from collections.abc import Mapping
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
from shared.jira.limits import retry_after

# Atlassian's login filter; sent on 200s too, where the answer is the anonymous view.
_SERAPH: Final = "x-seraph-loginreason"
_SERAPH_FAILURES: Final = frozenset({"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED"})
_ANONYMOUS: Final = "Client must be authenticated to access this resource."
_MESSAGE_LIMIT: Final = 500  # characters; an error page is no message
_MESSAGE_MEMBERS: Final = (
    "message", "errorMessage", "errorMessages", "error_description", "error", "detail", "title",
)  # fmt: skip
REPLACEMENT: Final = "\ufffd"  # stands for what is no text
_HALVES: Final = re.compile("[\ud800-\udfff]")
_PAGE_LIMIT: Final = 20_000  # characters of a page that are searched for one
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
        return _read(response.content)
    except (ValueError, RecursionError) as error:
        raise JiraNotJsonError(
            f"an answer whose JSON breaks off ({error})", status=response.status_code, endpoint=endpoint
        ) from error


def _read(content: bytes) -> Any:
    """Read JSON; what is no text in it (half characters, bytes that are no UTF-8) becomes `REPLACEMENT`.

    Jira gives out what it once stored: one such text must not take the other issues of its answer along.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        lenient = json.loads(content.decode(errors="replace"), parse_constant=lambda _: None)
    text = json.dumps(lenient, ensure_ascii=False)
    return orjson.loads(_HALVES.sub(REPLACEMENT, text))


def raise_for_answer(response: httpx.Response, *, endpoint: str) -> None:
    """Raise unless the answer is a success that was given to the logged-in account."""
    status = response.status_code
    if status < 400 and _login_failed(response):
        refusal = JiraCaptchaError if _wants_captcha(response) else JiraLoginError
        raise refusal(_ANONYMOUS, status=status, endpoint=endpoint)
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
    if _wants_captcha(response):
        return JiraCaptchaError
    if status == 401:
        return JiraScopeError if "scope does not match" in message else JiraLoginError
    if _login_failed(response):
        return JiraLoginError
    return {403: JiraForbiddenError, 404: JiraNotFoundError, 410: JiraNotFoundError}.get(status, JiraError)


def _login_failed(response: httpx.Response) -> bool:
    reasons = response.headers.get(_SERAPH, "").upper().split(",")  # a repeated header is joined
    return any(reason.strip() in _SERAPH_FAILURES for reason in reasons)


def _wants_captcha(response: httpx.Response) -> bool:
    return "CAPTCHA" in response.headers.get("x-authentication-denied-reason", "").upper()


def jira_message(response: httpx.Response) -> str:
    """Return Jira's own words: JSON in any of its forms, XML, HTML or plain text; at most 500 characters."""
    text = response.text.strip()
    try:
        body = orjson.loads(text) if text[:1] in "{[" else None
    except orjson.JSONDecodeError:
        body = None
    if isinstance(body, Mapping):
        return _from_json(body)[:_MESSAGE_LIMIT]
    text = text[:_PAGE_LIMIT]
    if found := _XML_MESSAGE.search(text):
        text = found.group(1)
    return " ".join(unescape(_TAGS.sub(" ", text)).split())[:_MESSAGE_LIMIT]


def _from_json(body: Mapping[str, Any]) -> str:
    texts, errors = body.get("errorMessages"), body.get("errors")
    messages = [str(m) for m in texts] if isinstance(texts, list) else []
    if isinstance(errors, Mapping):
        messages += [str(m) for m in errors.values()]
    if messages:
        return " ".join(messages)
    for member in _MESSAGE_MEMBERS:
        if isinstance(body.get(member), str):
            return str(body[member])
    nested = body.get("error")  # as the media host says it
    return _from_json(nested) if isinstance(nested, Mapping) else ""
