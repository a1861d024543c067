"""The JQL parser and its dates."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from deploy.jira_simulator.jql.dates import to_moment
from deploy.jira_simulator.jql.parser import And, Clause, Not, Or, parse
from deploy.jira_simulator.jql.tokens import JqlSyntaxError


def test_a_walk_in_created_order() -> None:
    query = parse('project = "SIM" AND created >= "2020-01-02 03:04" ORDER BY created ASC, id DESC')

    clauses = (Clause("project", "=", ("SIM",)), Clause("created", ">=", ("2020-01-02 03:04",)))
    assert query.where == And(clauses)
    assert query.order == (("created", False), ("id", True))


def test_and_binds_closer_than_or() -> None:
    query = parse("a = 1 or b = 2 and not (c = 3)")

    assert query.where == Or(
        (Clause("a", "=", ("1",)), And((Clause("b", "=", ("2",)), Not(Clause("c", "=", ("3",))))))
    )


@pytest.mark.parametrize(
    ("jql", "operator", "values"),
    [
        ("id in (1, '2', \"3\")", "in", ("1", "2", "3")),
        ("id NOT IN (1)", "not in", ("1",)),
        ("id is empty", "is", ()),
        ("id IS NOT NULL", "is not", ()),
        ("id != 5", "!=", ("5",)),
        ("id <= now()", "<=", ("now()",)),
        (r'id = "with \"quotes\""', "=", ('with "quotes"',)),
        ("id = 'SIM-1'", "=", ("SIM-1",)),
    ],
)
def test_operators(jql: str, operator: str, values: tuple[str, ...]) -> None:
    assert parse(jql).where == Clause("id", operator, values)


@pytest.mark.parametrize("jql", ["", "  ", "ORDER BY created", "order by created desc, id"])
def test_without_a_clause_a_query_is_unbounded(jql: str) -> None:
    assert not parse(jql).bounded


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("project = SIM jql", "Expecting either 'OR' or 'AND' but got 'jql'. (line 1, character 15)"),
        ("project =\n= SIM", "Expecting either a value, list or function but got '='. (line 2, character 1)"),
        ("project", "Expecting operator before the end of the query."),
        ('project = "SIM', "The quoted string 'SIM' has not been completed. (line 1, character 11)"),
        ("id in (1, 2", "Expecting ')' before the end of the query."),
        ("(id = 1", "Expecting ')' before the end of the query."),
        ("id in ()", "Expecting either a value, list or function but got ')'. (line 1, character 8)"),
        ("and id = 1", "Expecting a field name but got 'and'. (line 1, character 1)"),
        ("id is 5", "Expecting 'EMPTY' or 'NULL' but got '5'. (line 1, character 7)"),
        ("id = 1 order created", "Expecting 'BY' but got 'created'. (line 1, character 14)"),
    ],
)
def test_mistakes_are_named_with_their_place(jql: str, message: str) -> None:
    with pytest.raises(JqlSyntaxError) as caught:
        parse(jql)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-07-01 12:30", (2020, 7, 1, 12, 30)),
        ("2020/07/01 12:30", (2020, 7, 1, 12, 30)),
        ("2020-01-01", (2020, 1, 1, 0, 0)),
    ],
)
def test_dates_are_read_in_the_accounts_zone(text: str, expected: tuple[int, int, int, int, int]) -> None:
    year, month, day, hour, minute = expected
    moment = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))

    assert to_moment(text) == moment.timestamp() * 1000


def test_periods_count_from_now() -> None:
    now, earlier = to_moment("now()"), to_moment("-1d 2h")

    assert now is not None
    assert earlier is not None
    assert 0 <= now - earlier - 26 * 3_600_000 + 1000 < 2000


@pytest.mark.parametrize("text", ["yesterday", "2020-01-01 12:30:15", "2020-13-01", "1d-", ""])
def test_other_dates_are_refused(text: str) -> None:
    assert to_moment(text) is None
