"""The errors that every route documents."""

from typing import Any, Final

from services.connector.guard import BODY_LIMIT
from services.connector.schemas.parts import Problem

PREFIX: Final = "/api/admin/jira-import"

_MEANING: Final[dict[int | str, str]] = {
    400: "The request cannot be read, or lacks something.",
    401: "The caller has not one of our tokens.",
    404: "There is no such thing.",
    409: "Not possible in the state that it is in.",
    413: f"The body is larger than {BODY_LIMIT // 2**20} MiB.",
    422: "Jira refuses: its message verbatim, then what to do; `details` has both apart.",
    503: "The store or the broker does not answer.",
    "default": "Something that should not happen; `request_id` finds it in the log.",
}
_ALWAYS: Final = (400, 401, 413, 503)
TEXT_TOO: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/plain": {}}}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of some errors, beside those that any route may give."""
    documented: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem, "description": _MEANING[status]}
        for status in sorted({*_ALWAYS, *statuses})
    }
    return documented | {"default": {"model": Problem, "description": _MEANING["default"]}}


def errors_of_stream(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the same for a route whose answer is no JSON: its errors are."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": found["description"], "content": {"application/json": {"schema": schema}}}
        for status, found in errors(*statuses).items()
    }
