"""The errors that every route documents."""

from typing import Any, Final

from services.connector.schemas.parts import Problem

PREFIX: Final = "/api/admin/jira-import"

_MEANING: Final = {
    400: "The request cannot be read, or lacks something.",
    401: "The caller has not one of our tokens.",
    404: "There is no such thing.",
    409: "Not possible in the state that it is in.",
    413: "The body is larger than 1 MiB.",
    422: "Jira refuses: its message verbatim, then what to do; `details` has both apart.",
    503: "The store or the broker does not answer.",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of some errors, beside those that any route may give."""
    return {
        status: {"model": Problem, "description": _MEANING[status]}
        for status in sorted({400, 401, 413, 503, *statuses})
    }
