"""The words that data sets, the overlay and the routes share."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol, overload

Json = Any


class Row(NamedTuple):
    """An issue's place in the order that never changes: created, then id."""

    created: int
    id: int


class Facets(NamedTuple):
    """What JQL can ask about an issue without rendering it."""

    updated: int
    type: str
    status: str
    category: str
    resolution: str | None
    labels: tuple[str, ...]
    parent: int | None


class Lazy(Sequence[Json]):
    """A long list whose entries are made when they are asked for, so that 50,000 comments cost nothing."""

    __slots__ = ("_length", "_make")

    def __init__(self, length: int, make: Callable[[int], Json]) -> None:
        self._length = length
        self._make = make

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Json: ...
    @overload
    def __getitem__(self, index: slice) -> list[Json]: ...
    def __getitem__(self, index: int | slice) -> Json:
        if isinstance(index, slice):
            return [self._make(i) for i in range(*index.indices(self._length))]
        return self._make(range(self._length)[index])

    def __iter__(self) -> Iterator[Json]:
        return map(self._make, range(self._length))


@dataclass(frozen=True, slots=True)
class Shape:
    """How a document is to look: which product, and the base URL that the caller used."""

    cloud: bool
    root: str
    api: str


@dataclass
class Doc:
    """One issue as Jira shows it; the long lists stay apart because every route cuts them differently."""

    id: int
    key: str
    make_fields: Callable[[], dict[str, Json]]
    comments: Sequence[Json] = ()
    worklogs: Sequence[Json] = ()
    histories: Sequence[Json] = ()
    watchers: Sequence[Json] = ()
    voters: Sequence[Json] = ()
    remote_links: Sequence[Json] = ()
    sprints: Sequence[int] = ()  # ids of those that the issue names
    parent: int | None = None  # in whatever way the issue names it

    @cached_property
    def fields(self) -> dict[str, Json]:
        """Made when they are asked for: most routes show one of the lists alone."""
        return self.make_fields()


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    key: str
    name: str
    description: str = ""
    lead: int = 0
    category: Json = None
    is_service: bool = False
    team_managed: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """An attachment's bytes are made from its id; this is all there is to know."""

    id: int
    issue: int
    name: str
    mime: str
    size: int


@dataclass(slots=True)
class Catalog:
    """The lists a site has beside its issues, as plain JSON without `self`."""

    statuses: list[Json] = field(default_factory=list)
    types: list[Json] = field(default_factory=list)
    priorities: list[Json] = field(default_factory=list)
    resolutions: list[Json] = field(default_factory=list)
    link_types: list[Json] = field(default_factory=list)
    security_levels: list[Json] = field(default_factory=list)
    fields: list[Json] = field(default_factory=list)


class DataSet(Protocol):
    """Random access to issues by project and position in created order."""

    projects: list[Project]

    @property
    def catalog(self) -> Catalog: ...
    def size(self, project: int) -> int: ...
    def row(self, project: int, position: int) -> Row: ...
    def locate(self, issue: int) -> tuple[int, int] | None: ...
    def locate_key(self, key: str) -> tuple[int, int] | None: ...
    def key(self, project: int, position: int) -> str: ...
    def doc(self, project: int, position: int, shape: Shape) -> Doc: ...
    def facets(self, project: int, position: int) -> Facets: ...
    def file(self, attachment: int) -> File | None: ...
    def users(self, shape: Shape) -> list[Json]: ...
    def versions(self, project: int, shape: Shape) -> list[Json]: ...
    def components(self, project: int, shape: Shape) -> list[Json]: ...
    def types(self, project: int) -> list[Json]: ...
    def statuses(self, project: int) -> list[Json]: ...
    def boards(self, project: int) -> list[Json]: ...
    def sprints(self, board: int) -> list[Json]: ...
