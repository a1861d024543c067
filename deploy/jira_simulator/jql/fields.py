"""What each JQL field accepts and how it decides about one issue."""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deploy.jira_simulator.data.overlay import Site
from deploy.jira_simulator.errors import bad_request
from deploy.jira_simulator.jql.dates import to_moment
from deploy.jira_simulator.jql.parser import Clause

Test = Callable[[int], bool]
ISSUE_FIELDS = frozenset({"id", "key", "issue", "issuekey"})
DATE_FIELDS = frozenset({"created", "createddate", "updated", "updateddate"})
_ORDERED: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
_CATEGORY_KEYS = {"new": "to do", "indeterminate": "in progress", "done": "done", "undefined": "no category"}


@dataclass(frozen=True, slots=True)
class View:
    """The site as one account sees it; `lenient` is Data Center's validateQuery=false."""

    site: Site
    visible: frozenset[int]
    lenient: bool = False

    def sees(self, issue: int) -> bool:
        return self.site.place(issue) in self.visible

    def project(self, text: str) -> int | None:
        wanted = text.upper()
        for number in self.visible:
            project = self.site.projects[number]
            if wanted in (project.key, project.id, project.name.upper()):
                return number
        return None


def projects_of(view: View, clause: Clause) -> set[int]:
    found = set()
    for value in clause.values:
        number = view.project(value)
        if number is not None:
            found.add(number)
        elif not view.lenient:
            raise bad_request(f"The value '{value}' does not exist for the field 'project'.")
    return found


def issues_of(view: View, clause: Clause) -> list[int]:
    found = []
    for value in clause.values:
        issue = view.site.find(value)
        if issue is not None and view.sees(issue):
            found.append(issue)
        elif not view.lenient:
            raise bad_request(
                f"An issue with key '{value}' does not exist for field '{clause.field.lower()}'."
            )
    return found


def moment_of(clause: Clause) -> int:
    moment = to_moment(clause.values[0])
    if moment is None:
        raise bad_request(
            f"Date value '{clause.values[0]}' for field '{clause.field}' is invalid. "
            "Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', "
            "or a period format e.g. '-5d', '4w 2d'."
        )
    return moment


def test_of(view: View, clause: Clause) -> Test:
    """The clause as a question about one issue; unknown fields and values are refused here."""
    name = clause.field.lower()
    site = view.site
    if name == "project":
        projects = projects_of(view, clause)
        return _membership(clause, lambda issue: site.place(issue) in projects)
    if name in ISSUE_FIELDS:
        return _issue_test(view, clause)
    if name in DATE_FIELDS:
        return _date_test(site, clause, name)
    if name == "parent":
        parents = set(issues_of(view, clause))
        return _optional(clause, lambda issue: site.facets(issue).parent, parents)
    if name == "labels":
        return _labels_test(site, clause)
    return _named_test(site, clause, name)


def _issue_test(view: View, clause: Clause) -> Test:
    issues = issues_of(view, clause)
    if clause.operator not in _ORDERED or clause.operator in ("=", "!="):
        chosen = set(issues)
        return _membership(clause, lambda issue: issue in chosen)
    if not issues:
        return lambda _issue: False
    bound = issues[0]
    compare, limit, home = _ORDERED[clause.operator], _number(view.site, bound), view.site.place(bound)
    # Jira compares the numbers of keys inside the project of the issue that is named.
    return lambda issue: view.site.place(issue) == home and compare(_number(view.site, issue), limit)


def _date_test(site: Site, clause: Clause, name: str) -> Test:
    if clause.operator in ("is", "is not"):
        return lambda _issue: clause.operator == "is not"
    if clause.operator not in _ORDERED:
        raise _wrong_operator(clause)
    compare, limit = _ORDERED[clause.operator], moment_of(clause)
    if name.startswith("created"):
        return lambda issue: compare(site.created(issue), limit)
    return lambda issue: compare(site.facets(issue).updated, limit)


def _labels_test(site: Site, clause: Clause) -> Test:
    if clause.operator in ("is", "is not"):
        return lambda issue: bool(site.facets(issue).labels) is (clause.operator == "is not")
    wanted = set(clause.values)
    return _membership(clause, lambda issue: not wanted.isdisjoint(site.facets(issue).labels))


def _named_test(site: Site, clause: Clause, name: str) -> Test:
    catalog = site.data.catalog
    if name == "status":
        wanted = _known(clause, catalog.statuses)
        return _optional(clause, lambda issue: site.facets(issue).status.lower(), wanted)
    if name in ("issuetype", "type"):
        wanted = _known(clause, catalog.types)
        return _optional(clause, lambda issue: site.facets(issue).type.lower(), wanted)
    if name == "statuscategory":
        wanted = {_CATEGORY_KEYS.get(value.lower(), value.lower()) for value in clause.values}
        return _optional(clause, lambda issue: site.facets(issue).category.lower(), wanted)
    if name == "resolution":
        if [value.lower() for value in clause.values] == ["unresolved"]:
            empty = "is" if clause.operator in ("=", "in") else "is not"
            return _optional(Clause(name, empty, ()), lambda issue: site.facets(issue).resolution, set())
        wanted = _known(clause, catalog.resolutions)
        return _optional(clause, lambda issue: (site.facets(issue).resolution or "").lower() or None, wanted)
    raise bad_request(f"Field '{clause.field}' does not exist or you do not have permission to view it.")


def _known(clause: Clause, offered: Iterable[dict[str, str]]) -> set[str]:
    """The lower-case names that the values stand for."""
    names = {}
    for entry in offered:
        names[entry["id"]] = names[entry["name"].lower()] = entry["name"].lower()
    for value in clause.values:
        if value.lower() not in names:
            raise bad_request(f"The value '{value}' does not exist for the field '{clause.field}'.")
    return {names[value.lower()] for value in clause.values}


def _membership(clause: Clause, inside: Test) -> Test:
    if clause.operator in ("=", "in"):
        return inside
    if clause.operator in ("!=", "not in"):
        return lambda issue: not inside(issue)
    if clause.operator in ("is", "is not"):
        return lambda _issue: clause.operator == "is not"
    raise _wrong_operator(clause)


def _optional(
    clause: Clause, value_of: Callable[[int], object], wanted: set[object] | set[str] | set[int]
) -> Test:
    """An empty value matches neither `=` nor `!=`, as in Jira."""
    if clause.operator == "is":
        return lambda issue: value_of(issue) is None
    if clause.operator == "is not":
        return lambda issue: value_of(issue) is not None
    if clause.operator in ("=", "in"):
        return lambda issue: value_of(issue) in wanted
    if clause.operator in ("!=", "not in"):
        return lambda issue: (value := value_of(issue)) is not None and value not in wanted
    raise _wrong_operator(clause)


def _wrong_operator(clause: Clause) -> Exception:
    return bad_request(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")


def _number(site: Site, issue: int) -> int:
    return int(site.key(issue).rpartition("-")[2])
