"""Jira's refusals as exceptions: status, headers and body exactly as they go out."""

from typing import Any

import orjson

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"


class Refused(Exception):
    """An answer other than 200; raised anywhere below a route."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        is_text = isinstance(body, str)
        self.body = body.encode() if is_text else orjson.dumps(body)
        self.headers = {"content-type": HTML if is_text else JSON, **(headers or {})}


def messages(status: int, *texts: str) -> Refused:
    """The platform's usual form."""
    return Refused(status, {"errorMessages": list(texts), "errors": {}})


def bad_request(*texts: str) -> Refused:
    return messages(400, *texts)


def no_issue(*, cloud: bool) -> Refused:
    cloud_text = "Issue does not exist or you do not have permission to see it."
    return messages(404, cloud_text if cloud else "Issue Does Not Exist")


def hidden_issue() -> Refused:
    return messages(404, "You do not have the permission to see the specified issue.")


def no_project(key: str) -> Refused:
    return messages(404, f"No project could be found with key '{key}'.")


def no_path(path: str) -> Refused:
    return Refused(404, {"message": f"null for uri: {path}", "status-code": 404})
