"""Query and account to a selection of issue ids: by bisection where the index allows it, else by a scan."""

from array import array
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple, Protocol

from deploy.jira_simulator.data.overlay import Site
from deploy.jira_simulator.errors import bad_request
from deploy.jira_simulator.jql import fields
from deploy.jira_simulator.jql.fields import Test, View
from deploy.jira_simulator.jql.parser import And, Clause, Node, Not, Or, Query, parse
from deploy.jira_simulator.jql.tokens import JqlSyntaxError

_FAR = 1 << 62
_MOST_SORT_FIELDS = 7
_SORTABLE = fields.ISSUE_FIELDS | fields.DATE_FIELDS | {"project", "status", "issuetype", "rank"}
_KEPT_SELECTIONS = 16


class Selection(Protocol):
    """The ids that a query found, in its order."""

    def __len__(self) -> int: ...
    def ids(self, offset: int, count: int) -> list[int]: ...
    def offset_after(self, issue: int, created: int, fallback: int) -> int: ...


class _Wanted(NamedTuple):
    """What the AND-ed clauses at the top say, sorted by what can answer them."""

    projects: set[int]
    low: int
    high: int
    issues: list[int] | None
    tests: list[Test]


class Span:
    """A stretch of one project's created order: nothing is stored."""

    def __init__(self, site: Site, project: int, low: int, high: int, *, descending: bool) -> None:
        self._site, self._project = site, project
        self._low = site.offset(project, (low,))
        self._high = max(self._low, site.offset(project, (high,)))
        self._descending = descending

    def __len__(self) -> int:
        return self._high - self._low

    def ids(self, offset: int, count: int) -> list[int]:
        chosen = range(len(self))[offset : offset + count]
        last = self._high - 1
        return [
            self._site.row(self._project, last - at if self._descending else self._low + at).id
            for at in chosen
        ]

    def offset_after(self, issue: int, created: int, fallback: int) -> int:
        """Where to go on behind a row, whether that row still exists or not."""
        here = self._site.offset(self._project, (created, issue))
        if self._descending:
            return self._high - here
        return self._site.offset(self._project, (created, issue + 1)) - self._low


class Listed:
    """Ids that were collected and sorted once."""

    def __init__(self, ids: "array[int]") -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def ids(self, offset: int, count: int) -> list[int]:
        return self._ids[offset : offset + count].tolist()

    def offset_after(self, issue: int, created: int, fallback: int) -> int:
        try:
            return self._ids.index(issue) + 1
        except ValueError:
            return fallback


class Searcher:
    """Answers JQL over a site; collected selections are kept until the site changes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: OrderedDict[Any, Listed] = OrderedDict()

    def select(self, jql: str, visible: frozenset[int], *, bounded: bool, lenient: bool = False) -> Selection:
        try:
            query = parse(jql)
        except JqlSyntaxError as error:
            raise bad_request(f"Error in the JQL Query: {error}") from error
        if bounded and not query.bounded:
            raise bad_request(
                "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            )
        _check_order(query)
        view = View(self._site, visible, lenient)
        wanted = _wanted(view, query.where)
        simple = wanted.issues is None and not wanted.tests and len(wanted.projects) == 1
        if simple and _walks_created(query):
            descending = query.order[0][1] if query.order else True
            return Span(self._site, min(wanted.projects), wanted.low, wanted.high, descending=descending)
        return self._listed((jql, visible, lenient, self._site.version), wanted, query)

    def _listed(self, key: Any, wanted: _Wanted, query: Query) -> Listed:
        listed = self._kept.get(key)
        if listed is None:
            found = [issue for issue in self._candidates(wanted) if all(test(issue) for test in wanted.tests)]
            for field, descending in reversed(query.order or (("created", True),)):
                found.sort(key=partial(_sort_value, self._site, field), reverse=descending)
            listed = self._kept[key] = Listed(array("q", found))
            if len(self._kept) > _KEPT_SELECTIONS:
                self._kept.popitem(last=False)
        return listed

    def _candidates(self, wanted: _Wanted) -> Iterator[int]:
        site = self._site
        if wanted.issues is not None:
            for issue in sorted(set(wanted.issues)):
                if site.place(issue) in wanted.projects and wanted.low <= site.created(issue) < wanted.high:
                    yield issue
            return
        for project in sorted(wanted.projects):
            for at in range(site.offset(project, (wanted.low,)), site.offset(project, (wanted.high,))):
                yield site.row(project, at).id


def _check_order(query: Query) -> None:
    if len(query.order) > _MOST_SORT_FIELDS:
        raise bad_request(f"The maximum number of fields in the ORDER BY clause is {_MOST_SORT_FIELDS}.")
    for field, _ in query.order:
        if field not in _SORTABLE:
            raise bad_request(f"Not able to sort using field '{field}'.")


def _walks_created(query: Query) -> bool:
    """Created order with id or key behind it is the order of the index."""
    if not query.order:
        return True
    (first, descending), rest = query.order[0], query.order[1:]
    follows = all(field in fields.ISSUE_FIELDS and way == descending for field, way in rest)
    return first.startswith("created") and follows


def _wanted(view: View, where: Node | None) -> _Wanted:
    wanted = _Wanted(set(view.visible), -_FAR, _FAR, None, [])
    parts = where.parts if isinstance(where, And) else () if where is None else (where,)
    for part in parts:
        wanted = _narrowed(view, wanted, part)
    return wanted


def _narrowed(view: View, wanted: _Wanted, part: Node) -> _Wanted:
    if isinstance(part, Clause):
        name = part.field.lower()
        if name == "project" and part.operator in ("=", "in"):
            return wanted._replace(projects=wanted.projects & fields.projects_of(view, part))
        if name in fields.ISSUE_FIELDS and part.operator in ("=", "in") and wanted.issues is None:
            return wanted._replace(issues=fields.issues_of(view, part))
        if name in ("created", "createddate") and part.operator in ("<", "<=", ">", ">="):
            return _bounded(wanted, part)
    return wanted._replace(tests=[*wanted.tests, _test(view, part)])


def _bounded(wanted: _Wanted, clause: Clause) -> _Wanted:
    moment = fields.moment_of(clause)
    if clause.operator in (">", ">="):
        return wanted._replace(low=max(wanted.low, moment + (clause.operator == ">")))
    return wanted._replace(high=min(wanted.high, moment + (clause.operator == "<=")))


def _test(view: View, node: Node) -> Test:
    if isinstance(node, Clause):
        return fields.test_of(view, node)
    if isinstance(node, Not):
        inside = _test(view, node.part)
        return lambda issue: not inside(issue)
    tests = [_test(view, part) for part in node.parts]
    if isinstance(node, Or):
        return lambda issue: any(test(issue) for test in tests)
    return lambda issue: all(test(issue) for test in tests)


def _sort_value(site: Site, field: str, issue: int) -> Any:
    if field.startswith("created"):
        return site.created(issue)
    if field.startswith("updated"):
        return site.facets(issue).updated
    if field == "status":
        return site.facets(issue).status
    if field == "issuetype":
        return site.facets(issue).type
    project = site.place(issue)
    if field == "project":
        return project
    # Sorting by id or key is by the number of the key inside its project.
    return issue if field in ("id", "rank") else (project, int(site.key(issue).rpartition("-")[2]))
