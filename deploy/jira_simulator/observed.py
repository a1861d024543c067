"""Error answers as seen from real Jira, by the name under which a fault rule asks for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.jira_simulator.errors import HTML, JSON, Refused

TOMCAT_429 = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 429 \u2013 Too Many Requests</title></head>'
    "<body>"
    '<h1>HTTP Status 429 \u2013 Too Many Requests</h1><hr class="line" /><p><b>Type</b> Status Report</p>'
    "<p><b>Message</b> Rate limit exceeded.</p></body></html>"
)
_OOPS = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
    "<title>Oops - an error has occurred</title></head>"
    '<body class=" error-page error{status}"><div id="page"><h1>Something went wrong</h1></div></body></html>'
)
_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Log in - Jira</title></head><body>"
    '<form action="/login.jsp" method="post">'
    '<input name="os_username"><input name="os_password" type="password"></form></body></html>'
)
_MUST = "Client must be authenticated to access this resource."
LIMITED = {
    "errorMessages": ["The request has been rate-limited. Please try again later."],
    "errors": {},
    "status": 429,
}
_WINDOW = (
    "<message>Search limit exceeded. We couldn't complete your search because it requests {asked:,} results "
    "which exceeded the search platform limit of {limit:,}. Try refining your query or contact your Jira "
    "administrator. Repeating the same search may not work.</message>"
)
_MOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
_PLAIN = "application/json"
_SERAPH = "x-seraph-loginreason"


def _texts(*texts: str) -> dict[str, Any]:
    return {"errorMessages": list(texts), "errors": {}}


_EMPTY_PAGE = {"maxResults": 50, "startAt": 0, "total": 0, "isLast": True, "values": []}
_BURST = {"retry-after": "1", "x-ratelimit-limit": "350", "x-ratelimit-remaining": "0"}
_BURST |= {"ratelimit-reason": "jira-burst-based", "content-type": _PLAIN}
_DC_BUCKET = {"x-ratelimit-limit": "5", "x-ratelimit-remaining": "0", "x-ratelimit-fillrate": "5"}
_DC_BUCKET |= {"x-ratelimit-interval-seconds": "1", "retry-after": "1", _SERAPH: "OK"}
_GATEWAY_LIMIT = {"x-failure-category": "FAILURE_CLIENT_RATE_LIMITED", "x-ratelimit-limit": "360000"}
_QUOTA = {
    "x-ratelimit-limit": "100000",
    "x-ratelimit-remaining": "0",
    "ratelimit-reason": "jira-quota-global-based",
}
_FAILED = {_SERAPH: "AUTHENTICATED_FAILED"}
_DENIED = {
    _SERAPH: "AUTHENTICATION_DENIED",
    "x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login.jsp",
}

Row = tuple[int, Any, dict[str, str]]
_ANSWERS: dict[str, Row] = {
    "429-json": (429, LIMITED, _BURST),
    "429-html": (429, _OOPS.replace("{status}", "429"), {}),
    "429-gateway": (429, "", _GATEWAY_LIMIT | {"x-ratelimit-remaining": "0"}),
    "429-quota": (429, "", _QUOTA | {"retry-after": "2"}),
    "429-bare": (429, "", {}),
    "429-dc": (429, TOMCAT_429, _DC_BUCKET),
    "500": (500, _texts("Internal server error"), {}),
    "502": (502, "<html><head><title>502 Bad Gateway</title></head><body></body></html>", {}),
    "503": (503, _OOPS.replace("{status}", "503"), {}),
    "503-retry-after": (503, _texts("Jira is temporarily unavailable."), {"retry-after": "1"}),
    "504": (504, "<html><head><title>504 Gateway Time-out</title></head><body></body></html>", {}),
    "html-200": (200, _LOGIN_PAGE, {}),
    "401": (401, {"message": _MUST, "status-code": 401}, {}),
    "403": (403, _texts("You do not have permission to do this."), {}),
    "404": (404, _texts("Issue does not exist or you do not have permission to see it."), {}),
    "cloud-site-basic-bad-myself": (401, _MUST, _FAILED | {"content-type": "text/html"}),
    "cloud-site-json-401": (401, {"message": _MUST, "status-code": 401}, {"content-type": _PLAIN}),
    "cloud-site-basic-bad-project-search": (200, _EMPTY_PAGE, _FAILED),
    "cloud-site-basic-bad-issue": (
        404,
        _texts("Issue does not exist or you do not have permission to see it."),
        _FAILED,
    ),
    "cloud-site-bearer-opaque": (403, {"error": "Failed to parse Connect Session Auth Token"}, {}),
    "cloud-gateway-scope": (401, {"code": 401, "message": "Unauthorized; scope does not match"}, {}),
    "cloud-gateway-bad-cred": (401, {"code": 401, "message": "Unauthorized"}, {}),
    "cloud-old-search": (410, _texts(_MOVED), {}),
    "cloud-unbounded": (
        400,
        _texts("Unbounded JQL queries are not allowed here. Please add a search restriction to your query."),
        {},
    ),
    "cloud-maxresults": (400, _texts("The max results parameter has to be between 1 and 5,000."), {}),
    "cloud-jql-syntax": (
        400,
        _texts(
            "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'jql'. (line 1, character 19)"
        ),
        {},
    ),
    "cloud-page-token": (400, _texts("The provided next page token is invalid or expired."), {}),
    "cloud-no-body": (
        415,
        {
            "title": "Unsupported Media Type",
            "detail": "Content-Type 'null' is not supported.",
            "instance": "/rest/api/3/search/jql",
        },
        {"content-type": "application/problem+json"},
    ),
    "dc-basic-bad": (401, "<p>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED</p>", _FAILED),
    "dc-captcha": (403, "<p>Basic Authentication Failure - Reason : AUTHENTICATION_DENIED</p>", _DENIED),
    "dc-basic-disabled": (403, {"message": "Basic Authentication has been disabled on this instance."}, {}),
    "dc-attachment-login": (302, "", {"location": "/login.jsp?permissionViolation=true"}),
    "dc-window": (500, _WINDOW.format(asked=10_100, limit=10_000), {"content-type": "application/xml"}),
    "dc-issue-404": (404, _texts("Issue Does Not Exist"), {}),
}
_ALIASES = {
    "cloud-429-json": "429-json",
    "cloud-429-quota": "429-quota",
    "cloud-429-html": "429-html",
    "cloud-429-gateway": "429-gateway",
    "dc-429": "429-dc",
}
NAMES = frozenset(_ANSWERS) | frozenset(_ALIASES)


def observed(name: str) -> Refused:
    """A fresh answer; those with a reset moment name one a second ahead."""
    row = _ANSWERS.get(_ALIASES.get(name, name))
    if row is None:
        raise ValueError(f"no observed error is called {name!r}; known: {sorted(NAMES)}")
    status, body, headers = row
    given = {"content-type": HTML if isinstance(body, str) else JSON, **headers}
    if status == 429 and "x-ratelimit-fillrate" not in headers and "x-ratelimit-limit" in headers:
        given["x-ratelimit-reset"] = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Refused(status, body, given)


def window_exceeded(asked: int, limit: int) -> Refused:
    return Refused(500, _WINDOW.format(asked=asked, limit=limit), {"content-type": "application/xml"})


def old_search() -> Refused:
    return observed("cloud-old-search")
