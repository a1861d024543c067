"""The address that the admin typed, in the one form that is asked, stored and compared."""

from urllib.parse import urlsplit, urlunsplit

from services.connector.problems import ApiError


def normalise(text: str) -> str:
    """Return scheme, host, port and context path; no trailing slash, no user, no query.

    Raises ApiError (400) in the words that the wizard knows when there is no http or https host in it.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ApiError(
            400,
            "Failed to create Jira client: invalid Jira instance URL: must use http or https",
            "INVALID_INPUT",
        )
    name = f"[{host}]" if ":" in host else host
    return urlunsplit(
        (parts.scheme.lower(), f"{name}:{port}" if port else name, parts.path.rstrip("/"), "", "")
    )
