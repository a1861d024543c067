"""Calls, answers and the table form of routes, independent of the server underneath."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from deploy.jira_simulator.accounts import Login
from deploy.jira_simulator.data.model import Shape
from deploy.jira_simulator.errors import JSON, bad_request, hidden_issue, no_issue, no_project

if TYPE_CHECKING:
    from deploy.jira_simulator.world import World


@dataclass(slots=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None  # instead of body; content-length is then in the headers


@dataclass(slots=True)
class Call:
    """One authenticated request, parsed and checked against its endpoint."""

    world: "World"
    login: Login
    shape: Shape
    path: str
    params: dict[str, str]
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: dict[str, Any]
    visible: frozenset[int]

    def text(self, name: str, default: str = "") -> str:
        return self.query[name][0] if name in self.query else default

    def words(self, name: str) -> list[str]:
        """A list parameter: repeated, comma separated, or a JSON list in the body."""
        given = self.body.get(name, self.query.get(name, []))
        given = [given] if isinstance(given, str) else given
        return [word.strip() for entry in given for word in str(entry).split(",") if word.strip()]

    def number(self, name: str, default: int) -> int:
        given = self.body.get(name)
        if given is not None:
            return int(given)
        text = self.text(name)
        if not text:
            return default
        try:
            return int(text)
        except ValueError:
            raise bad_request(f"Parameter '{name}' must be a number but was '{text}'.") from None

    def issue(self, name: str = "issueIdOrKey") -> int:
        found = self.world.site.find(self.params[name])
        if found is not None and self.world.site.place(found) in self.visible:
            return found
        if found is not None and self.login.token is not None and self.login.token.sees == "first":
            raise hidden_issue()
        raise no_issue(cloud=self.shape.cloud)

    def issues(self, asked: list[str | int]) -> list[int]:
        """The issues of a bulk request by id; unknown and hidden ones are left out without a word."""
        site = self.world.site
        found = {site.find(str(text)) for text in asked}
        return sorted(issue for issue in found if issue is not None and site.place(issue) in self.visible)

    def project(self, name: str = "projectIdOrKey") -> int:
        wanted = self.params[name].upper()
        for number in self.visible:
            project = self.world.site.projects[number]
            if wanted in (project.key, project.id):
                return number
        raise no_project(self.params[name])


Handler = Callable[[Call], Answer]
Types = tuple[type, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A route as Atlassian's documents name it, with everything that it accepts."""

    method: str
    path: str
    handler: Handler
    query: frozenset[str] = frozenset()
    body: Mapping[str, Types] | None = None
    scopes: frozenset[str] = frozenset()
    counted_as: str = ""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def get(path: str, handler: Handler, query: str = "", *, scopes: frozenset[str] = frozenset()) -> Endpoint:
    return Endpoint(method="GET", path=path, handler=handler, query=frozenset(query.split()), scopes=scopes)


def post(
    path: str, handler: Handler, body: Mapping[str, Types], *, scopes: frozenset[str] = frozenset()
) -> Endpoint:
    return Endpoint(method="POST", path=path, handler=handler, body=body, scopes=scopes)


def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, orjson.dumps(value), {"content-type": JSON, **(headers or {})})


def window(call: Call, default: int, largest: int) -> tuple[int, int]:
    """startAt and maxResults, the latter silently lowered to what the route gives at most."""
    start, most = call.number("startAt", 0), call.number("maxResults", default)
    if start < 0:
        raise bad_request("The value of 'startAt' must not be negative.")
    return start, max(0, min(most, largest))
