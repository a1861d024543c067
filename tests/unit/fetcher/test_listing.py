"""Walking over a project's ids: whatever lies how densely in time, each id is found, and every walk ends."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.fetcher.tasks.context import TaskContext
from services.fetcher.tasks.listing import list_issues
from shared.errors import PermanentError
from shared.jira.endpoints import CLOUD_SEARCH, DC_SEARCH, Endpoint
from shared.jira.jql import minute_of
from shared.kinds import Deployment, EntityKind, TaskKind
from tests.unit.fetcher.contexts import context_of

ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "Pacific/Kiritimati", "America/Sao_Paulo",
]  # fmt: skip
# A few hours before the clocks of Berlin, New York, Lord Howe and Troll go back or forward.
CHANGES = [
    datetime(2023, 10, 28, 22, tzinfo=UTC),
    datetime(2023, 11, 5, 3, tzinfo=UTC),
    datetime(2023, 4, 1, 12, tzinfo=UTC),
    datetime(2023, 3, 25, 22, tzinfo=UTC),
    datetime(2023, 3, 12, 4, tzinfo=UTC),
    datetime(2011, 12, 29, 20, tzinfo=UTC),
]
_SINCE = re.compile(r'created >= "([^"]+)"')


@dataclass
class Answers:
    """A Jira of which only the search answers; the pages are what a test says."""

    pages: list[Any] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def post(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Any:
        assert endpoint is CLOUD_SEARCH
        self.asked.append(dict(body))
        return self.pages[min(len(self.asked), len(self.pages)) - 1]


@dataclass
class DataCenter:
    """Data Center's search over issues of given times: a cap on the page, a wall at the deep end."""

    created: Sequence[datetime]
    zone: ZoneInfo
    cap: int = 1000
    wall: int = 10_000
    asked: int = 0
    deletions: dict[int, set[int]] = field(default_factory=dict)  # before which request which numbers vanish
    says: int | None = None  # how many it claims to have, whatever there is

    async def post(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Any:
        assert endpoint is DC_SEARCH
        self.asked += 1
        gone = {number for at, numbers in self.deletions.items() if at <= self.asked for number in numbers}
        rows = sorted((moment, number) for number, moment in enumerate(self.created) if number not in gone)
        if found := _SINCE.search(body["jql"]):
            since = self._read(found[1])
            rows = [row for row in rows if row[0] >= since]
        start, size = body["startAt"], min(body["maxResults"], self.cap)
        assert start + size <= self.wall, "Jira refuses to page that deep"
        issues = [self._issue(number, moment) for moment, number in rows[start : start + size]]
        return {"startAt": start, "maxResults": size, "total": self.says or len(rows), "issues": issues}

    def _read(self, minute: str) -> datetime:
        local = datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=self.zone)
        assert local.utcoffset() == local.replace(fold=1).utcoffset(), f"{minute} is not one moment"
        return local.astimezone(UTC)

    def _issue(self, number: int, moment: datetime) -> dict[str, Any]:
        shown = moment.astimezone(ZoneInfo("Asia/Kolkata"))  # the site's zone: never the account's
        return {"id": str(number), "fields": {"created": shown.strftime("%Y-%m-%dT%H:%M:%S.000%z")}}


def _context(jira: Answers | DataCenter, zone: str, spec: Mapping[str, Any], page: int) -> TaskContext:
    deployment = Deployment.CLOUD if isinstance(jira, Answers) else Deployment.DATA_CENTER
    return context_of(jira, TaskKind.LIST, spec, ordinal=f"{page:06d}", deployment=deployment, zone=zone)


async def walk(jira: Answers | DataCenter, zone: str = "UTC", *, most: int = 3000) -> list[str]:
    """Do list tasks until none follows; return the ids in the order in which tasks were cut from them."""
    found: list[str] = []
    spec: Mapping[str, Any] | None = {}
    for page in range(most):
        if spec is None:
            return found
        outcome = await list_issues(_context(jira, zone, spec, page))
        cut = [task for task in outcome.follow_ups if task.kind is TaskKind.ISSUES]
        found += [id_ for task in cut for id_ in task.spec["ids"]]
        following = [task for task in outcome.follow_ups if task.kind is TaskKind.LIST]
        assert [task.ordinal for task in following] in ([], [f"{page + 1:06d}"])
        spec = following[0].spec if following else None
    raise AssertionError(f"the walk did not end after {most} pages")


def ids(count: int) -> set[str]:
    return {str(number) for number in range(count)}


@given(
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1))
    | st.builds(
        lambda change, minutes: change.replace(tzinfo=None) + timedelta(minutes=minutes),
        st.sampled_from(CHANGES),
        st.integers(0, 600),
    ),
    zone=st.sampled_from(ZONES),
    shown_in=st.sampled_from(ZONES),
)
@settings(max_examples=500)
def test_a_window_is_one_moment_and_never_begins_after_its_issue(
    moment: datetime, zone: str, shown_in: str
) -> None:
    created = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(shown_in))
    minute = minute_of(created.isoformat(), ZoneInfo(zone))
    read = datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone))
    assert read.utcoffset() == read.replace(fold=1).utcoffset()
    late = created.astimezone(UTC) - read.astimezone(UTC)
    assert timedelta(0) <= late <= timedelta(hours=4)  # Troll puts its clocks back by two
    assert read.astimezone(UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") == minute


@pytest.mark.parametrize(
    ("created", "minute"),
    [
        ("2023-10-29T01:59:59.999+0200", "2023-10-29 01:59"),
        ("2023-10-29T02:30:00.000+0200", "2023-10-29 01:30"),  # the first 02:30
        ("2023-10-29T02:30:00.000+0100", "2023-10-29 01:30"),  # the second one
        ("2023-10-29T03:00:00.000+0100", "2023-10-29 03:00"),
        ("2023-03-26T00:59:00.000+0000", "2023-03-26 01:59"),
        ("2023-03-26T01:00:00.000+0000", "2023-03-26 03:00"),  # 02:00 never was
        ("2023-06-01T23:59:59.000-0800", "2023-06-02 09:59"),
    ],
)
def test_the_clocks_of_berlin(created: str, minute: str) -> None:
    assert minute_of(created, ZoneInfo("Europe/Berlin")) == minute


crowds = st.lists(  # (minutes after the last crowd, how many issues inside one minute)
    st.tuples(st.integers(0, 90), st.integers(1, 20) | st.integers(40, 320)), min_size=0, max_size=8
)


@pytest.mark.timeout(180)
@given(
    crowds=crowds,
    zone=st.sampled_from(ZONES),
    begin=st.sampled_from(CHANGES),
    cap=st.sampled_from([5, 50]),
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
async def test_every_issue_is_found_however_many_share_a_minute(
    crowds: list[tuple[int, int]], zone: str, begin: datetime, cap: int
) -> None:
    created: list[datetime] = []
    moment = begin
    for gap, size in crowds:
        moment += timedelta(minutes=gap)
        created += [moment + timedelta(seconds=60 * number // size) for number in range(size)]
    jira = DataCenter(created, ZoneInfo(zone), cap=cap)
    assert set(await walk(jira, zone)) == ids(len(created))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
async def test_without_a_repeated_hour_no_issue_is_listed_twice(zone: str) -> None:
    begin = datetime(2022, 6, 1, tzinfo=UTC)
    created = [begin + timedelta(seconds=number // 120 * 600) for number in range(1000)]
    found = await walk(DataCenter(created, ZoneInfo(zone), cap=50), zone)
    assert sorted(found, key=int) == sorted(ids(1000), key=int)


async def test_an_account_in_another_zone_goes_on_where_the_walk_was() -> None:
    begin = datetime(2023, 10, 28, 12, tzinfo=UTC)  # the clocks of Berlin go back in the night after
    created = [begin + timedelta(seconds=400 * number // 7) for number in range(1500)]
    jira, found = DataCenter(created, ZoneInfo("UTC"), cap=50), set[str]()
    spec: Mapping[str, Any] = {}
    for page in range(200):
        zone = ("Pacific/Kiritimati", "Europe/Berlin", "America/St_Johns")[page % 3]
        jira.zone = ZoneInfo(zone)
        outcome = await list_issues(_context(jira, zone, spec, page))
        tasks = {task.kind: task.spec for task in outcome.follow_ups}
        found |= set(tasks.get(TaskKind.ISSUES, {}).get("ids", ()))
        if TaskKind.LIST not in tasks:
            break
        spec = tasks[TaskKind.LIST]
    assert found == ids(1500)


@pytest.mark.parametrize("vanishing", [{0}, {3, 9}, {11}, set(range(20))], ids=str)
async def test_issues_that_vanish_from_a_crowded_minute_hide_no_other(vanishing: set[int]) -> None:
    """Paging by offset inside of the minute, all behind a deleted issue move up by one."""
    created = [datetime(2022, 6, 1, 12, 0, number % 60, tzinfo=UTC) for number in range(60)]
    jira = DataCenter(created, ZoneInfo("UTC"), cap=10, deletions={4: vanishing})
    assert set(await walk(jira)) >= ids(60) - set(map(str, vanishing))
    assert jira.asked < 20


async def test_a_minute_that_never_stands_still_is_an_error() -> None:
    created = [datetime(2022, 6, 1, tzinfo=UTC)] * 400
    ever = {number: {number * 3} for number in range(3, 130)}
    with pytest.raises(PermanentError, match="do not stand still"):
        await walk(DataCenter(created, ZoneInfo("UTC"), cap=10, deletions=ever))


async def test_more_issues_than_jira_pages_over() -> None:
    begin = datetime(2022, 6, 1, tzinfo=UTC)
    created = [begin + timedelta(seconds=97 * number) for number in range(12_000)]
    created += [begin + timedelta(days=2)] * 1500  # in one minute: more than a page
    jira = DataCenter(created, ZoneInfo("UTC"))
    assert set(await walk(jira)) == ids(13_500)
    assert jira.asked < 30


@pytest.mark.parametrize("minutes", [0, 1])  # between two issues
async def test_a_total_that_is_too_small_hides_nothing(minutes: int) -> None:
    created = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes * n) for n in range(95)]
    found = await walk(DataCenter(created, ZoneInfo("UTC"), cap=10, says=3))
    assert set(found) == ids(95)


async def test_a_total_that_is_too_large_is_no_endless_walk() -> None:
    created = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(95)]
    with pytest.raises(PermanentError, match="empty pages"):
        await walk(DataCenter(created, ZoneInfo("UTC"), cap=10, says=1_000_000))


async def test_a_zone_that_nobody_knows_loses_nothing() -> None:
    begin = datetime(2022, 6, 1, tzinfo=UTC)
    created = [begin + timedelta(minutes=7 * number) for number in range(900)]
    for account in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert set(await walk(DataCenter(created, ZoneInfo(account), cap=100), "Mars/Olympus")) == ids(900)


def page(*issue_ids: str, token: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"issues": [{"id": id_} for id_ in issue_ids], "isLast": token is None}
    return found if token is None else {**found, "nextPageToken": token}


async def test_tokens_are_followed_to_the_end_over_short_and_empty_pages() -> None:
    pages = [page("1", "2", token="a"), page(token="b"), page("3", token="c"), page("4")]
    jira = Answers(pages)
    assert await walk(jira) == ["1", "2", "3", "4"]
    assert [body.get("nextPageToken") for body in jira.asked] == [None, "a", "b", "c"]
    assert {body["jql"] for body in jira.asked} == {'project = "ABC" ORDER BY created ASC, id ASC'}
    assert all(body["fields"] == ["id"] for body in jira.asked)


async def test_a_page_that_names_an_issue_twice_lists_it_once() -> None:
    assert await walk(Answers([page("1", "2", "1", "2")])) == ["1", "2"]


@pytest.mark.parametrize(
    "circle",
    [
        [page("1", token="a")],
        [page("1", token="a"), page("2", token="b"), page("3", token="a"), page("2", token="b")] * 20,
        [page(str(number), token=f"t{number}") for number in range(7)] * 20,
        [page("1", "2", token=f"t{number}") for number in range(50)],  # new tokens, but the same page
    ],
)
async def test_a_walk_in_a_circle_ends(circle: list[dict[str, Any]]) -> None:
    jira = Answers(circle)
    with pytest.raises(PermanentError, match="the walk would not end"):
        await walk(jira)
    assert len(jira.asked) <= 40


async def test_endless_empty_pages_end() -> None:
    jira = Answers([page(token=f"t{number}") for number in range(50)])
    with pytest.raises(PermanentError, match="empty pages in a row"):
        await walk(jira)


@pytest.mark.parametrize("malformed", [{}, [], None, {"issues": None}, {"issues": [{}]}, {"issues": [None]}])
async def test_an_answer_that_is_no_page_is_an_error(malformed: Any) -> None:
    with pytest.raises((KeyError, TypeError, AttributeError)):
        await walk(Answers([malformed]))


async def test_issues_are_cut_into_tasks_of_a_hundred() -> None:
    jira = Answers([page(*map(str, range(250)))])
    outcome = await list_issues(_context(jira, "UTC", {}, 0))
    assert [(t.kind, t.ordinal, len(t.spec["ids"])) for t in outcome.follow_ups] == [
        (TaskKind.ISSUES, "000000.000", 100),
        (TaskKind.ISSUES, "000000.001", 100),
        (TaskKind.ISSUES, "000000.002", 50),
        (TaskKind.HISTORY, "000000.000", 250),
    ]
    assert outcome.totals == {EntityKind.ISSUE: 250}
