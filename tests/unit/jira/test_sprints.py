"""Sprints in each of the shapes that issues carry them in."""

from typing import Any

import pytest

from shared.jira.sprints import sprints_of

CLOSED = {
    "id": 37,
    "name": "S 4",
    "state": "closed",
    "startDate": "2015-04-11T05:22:00.000Z",
    "endDate": "2015-04-25T05:22:00.000Z",
    "completeDate": "2015-04-26T00:00:00.000Z",
    "originBoardId": 5,
}
OLD = (
    "com.atlassian.greenhopper.service.sprint.Sprint@2f6c[id=37,rapidViewId=5,state=CLOSED,name=S 4,"
    "startDate=2015-04-11T15:22:00.000+10:00,endDate=2015-04-25T15:22:00.000+10:00,"
    "completeDate=2015-04-26T10:00:00.000+10:00,sequence=37]"
)


def old(inside: str) -> str:
    return f"com.atlassian.greenhopper.service.sprint.Sprint@1f[{inside}]"


def test_the_old_string_reads_as_the_object() -> None:
    cloud = {**CLOSED, "boardId": 5, "goal": None}
    del cloud["originBoardId"]
    assert sprints_of([OLD]) == sprints_of([cloud]) == sprints_of(CLOSED) == [CLOSED]


def test_one_to_come_has_no_dates() -> None:
    given = old("id=9,rapidViewId=<null>,state=FUTURE,name=Next,goal=,startDate=<null>,endDate=<null>")
    assert sprints_of(given) == [{"id": 9, "name": "Next", "state": "future"}]


@pytest.mark.parametrize(
    ("inside", "name", "goal"),
    [
        ("id=1,state=ACTIVE,name=Fix, ship=and [rest],goal=Be on time, or\nlater]", "Fix, ship=and [rest]",
         "Be on time, or\nlater]"),
        ("completeDate=<null>,goal=a,b,id=1,name=x,synced=false,state=ACTIVE", "x", "a,b"),
        ("id=1,state=ACTIVE,name=N,state=CLOSED,sequence=2", "N,state=CLOSED", None),
        ("id=1,rapidViewId=2,state=ACTIVE,name=[a], id=5,id=6]=b,startDate=<null>,sequence=1,goal=",
         "[a], id=5,id=6]=b", None),
    ],
)  # fmt: skip
def test_names_and_goals_may_hold_anything(inside: str, name: str, goal: str | None) -> None:
    (found,) = sprints_of([old(inside)])
    assert (found["id"], found["state"], found["name"], found.get("goal")) == (1, "active", name, goal)


@pytest.mark.parametrize("shown", ["2015-04-11", "<b>", "", "2015-04-11T10:00:00"])
def test_what_is_no_moment_stays_as_it_is(shown: str) -> None:
    (found,) = sprints_of({"id": 1, "state": "closed", "startDate": shown})
    assert found["startDate"] == shown


def test_the_order_stays() -> None:
    assert [one["id"] for one in sprints_of([OLD, None, {**CLOSED, "id": 36}, {**CLOSED, "id": "40"}])] == [
        37, 36, 40,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        None, 5, True, "", "0|i0001:", [], {}, [[]], "Sprint@1[id=1]", old(""), old("id=x,state=ACTIVE"),
        {"id": "7", "name": "1.0", "released": True}, {"id": True, "state": "active"}, {"id": 1, "state": 3},
        [{"id": "10110", "value": "Low"}],
    ],
)  # fmt: skip
def test_what_holds_no_sprint_gives_none(value: Any) -> None:
    assert sprints_of(value) == []
