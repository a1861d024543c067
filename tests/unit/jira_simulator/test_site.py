"""The overlay and the search plan, held against a plain list that is changed in the same way."""

import random
from dataclasses import dataclass, field

import pytest

from deploy.jira_simulator.config import Config
from deploy.jira_simulator.data.generated import Generated
from deploy.jira_simulator.data.model import Row, Shape
from deploy.jira_simulator.data.overlay import Site
from deploy.jira_simulator.jql.plan import Searcher, Span

SHAPE = Shape(True, "http://jira", "http://jira/rest/api/3")
BOTH = frozenset({0, 1})


def _site(issues: int = 60, projects: int = 2) -> Site:
    return Site(Generated(Config(issues=issues, projects=projects)))


def _rows(site: Site, project: int) -> list[Row]:
    return [site.row(project, offset) for offset in range(site.size(project))]


@dataclass
class _Mirror:
    """The same edits on plain lists."""

    site: Site
    rows: list[list[Row]] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = [_rows(self.site, 0), _rows(self.site, 1)]

    def edit(self, dice: random.Random) -> None:
        kind, project = dice.choice(["add", "delete", "move"]), dice.randrange(2)
        if kind == "add":
            near = dice.choice(self.rows[project])
            issue = self.site.add(project, {}, created=near.created + dice.choice([-1, 0, 1]))
            self.rows[project].append(Row(self.site.created(issue), issue))
            return
        row = dice.choice(self.rows[project])
        self.rows[project].remove(row)
        if kind == "delete":
            self.site.delete(row.id)
        else:
            self.site.move(row.id, 1 - project)
            self.rows[1 - project].append(row)


@pytest.mark.parametrize("seed", range(20))
def test_rows_stay_in_order_under_any_edits(seed: int) -> None:
    dice = random.Random(seed)
    mirror = _Mirror(_site())

    for _ in range(25):
        mirror.edit(dice)
        for project in (0, 1):
            expected = sorted(mirror.rows[project])
            assert _rows(mirror.site, project) == expected
            assert [mirror.site.offset(project, row) for row in expected] == list(range(len(expected)))


def test_a_deleted_issue_is_gone_everywhere() -> None:
    site = _site(projects=1)
    linked = next(issue for issue in range(10_000, 10_060) if site.doc(issue, SHAPE).fields["issuelinks"])
    link = site.doc(linked, SHAPE).fields["issuelinks"][0]
    other = int((link.get("outwardIssue") or link["inwardIssue"])["id"])

    site.delete(other)

    assert site.find(str(other)) is None
    assert link["id"] not in [left["id"] for left in site.doc(linked, SHAPE).fields["issuelinks"]]


def test_a_moved_issue_answers_to_both_keys() -> None:
    site = _site()

    site.move(10_000, 1)

    assert site.find("SIM-1") == site.find(site.key(10_000)) == 10_000
    assert site.key(10_000) == "OPS-31"
    assert site.doc(10_000, SHAPE).fields["project"]["key"] == "OPS"


def test_an_edit_shows_and_moves_updated() -> None:
    site = _site()
    before = site.facets(10_004).updated

    site.change(10_004).fields["summary"] = "new words"

    assert site.doc(10_004, SHAPE).fields["summary"] == "new words"
    assert site.facets(10_004).updated > before


def test_a_silent_change_moves_no_time() -> None:
    site = _site()
    before, shown = site.facets(10_004).updated, site.doc(10_004, SHAPE).fields["updated"]

    site.change(10_004, silently=True).dropped_comments.add("x")

    assert site.facets(10_004).updated == before
    assert site.doc(10_004, SHAPE).fields["updated"] == shown


def test_a_hidden_issue_comes_back_as_it_was() -> None:
    site = _site()
    before, updated, key = _rows(site, 0), site.facets(10_004).updated, site.key(10_004)

    site.delete(10_004)
    assert site.find(key) is None
    site.show(key)

    assert _rows(site, 0) == before
    assert (site.find(key), site.facets(10_004).updated) == (10_004, updated)
    with pytest.raises(ValueError, match="no hidden issue"):
        site.show(key)


@pytest.mark.parametrize(
    "jql",
    [
        "project = SIM",
        "project = SIM ORDER BY created ASC, id ASC",
        'project = SIM AND created >= "2012-02-23 15:00" ORDER BY created ASC',
        'project = SIM AND created < "2012-02-23 15:00" AND created > "2012-02-23" ORDER BY created DESC',
        "project in (SIM, OPS) AND status = Done ORDER BY updated ASC",
        "project = SIM AND (issuetype = Bug OR labels = docs) AND NOT status = 'To Do'",
        "key in (SIM-3, OPS-4, SIM-5) ORDER BY key",
        "resolution = Unresolved AND statusCategory != Done",
        "key > SIM-20 ORDER BY id",
        "parent = SIM-1",
        "project != SIM",
    ],
)
def test_every_plan_agrees_with_a_plain_scan(jql: str) -> None:
    """Pages of three, put together, are the whole answer, each issue once and in order."""
    site = _site()
    selection = Searcher(site).select(jql, BOTH, bounded=True)

    paged = [issue for offset in range(0, len(selection), 3) for issue in selection.ids(offset, 3)]

    assert paged == selection.ids(0, 1000)
    assert len(paged) == len(set(paged)) == len(selection) > 0


def test_the_created_walk_of_a_million_issues_is_a_bisection() -> None:
    site = _site(issues=1_000_000, projects=1)
    selection = Searcher(site).select(
        'project = SIM AND created >= "2015-01-01 00:00" ORDER BY created ASC, id ASC',
        frozenset({0}),
        bounded=True,
    )

    assert isinstance(selection, Span)
    first = selection.ids(0, 1)[0]
    assert site.created(first - 1) < 1_420_066_800_000 <= site.created(first)
    assert len(selection) == 1_010_000 - first


def test_going_on_behind_a_row_that_vanished() -> None:
    site = _site(projects=1)
    searcher = Searcher(site)
    jql = "project = SIM ORDER BY created ASC, id ASC"
    last = searcher.select(jql, frozenset({0}), bounded=True).ids(0, 10)[-1]
    created = site.created(last)

    site.delete(last)
    site.delete(last - 5)

    selection = searcher.select(jql, frozenset({0}), bounded=True)
    assert selection.ids(selection.offset_after(last, created, 10), 1) == [last + 1]
