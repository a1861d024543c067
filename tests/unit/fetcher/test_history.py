"""The history of many issues at once: followed to its end, never for ever, and one by one where refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.fetcher.tasks.history import fetch_history
from shared.errors import PermanentError
from shared.jira.endpoints import CLOUD_CHANGELOGS, MYSELF, Endpoint
from shared.jira.errors import JiraError, JiraLoginError, JiraNotFoundError
from shared.kinds import EntityKind, TaskKind
from shared.state.ledger import Task
from tests.unit.fetcher.contexts import context_of

ANN = {"accountId": "a1", "displayName": "Ann"}


@dataclass
class Changes:
    """A Jira whose changelogs come in these pages; an error is raised instead of a page."""

    pages: list[Any]
    logged_in: bool = True
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def post(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Any:
        assert endpoint is CLOUD_CHANGELOGS
        self.asked.append(dict(body))
        page = self.pages[min(len(self.asked), len(self.pages)) - 1]
        if isinstance(page, Exception):
            raise page
        return page

    async def get(self, endpoint: Endpoint) -> Any:
        assert endpoint is MYSELF
        if not self.logged_in:
            raise JiraLoginError("dead", status=401, endpoint=str(endpoint))
        return {}


def page(issue: str, *ids: str, token: str | None = None, created: Any = 1_700_000_000_123) -> dict[str, Any]:
    histories = [{"id": id_, "author": ANN, "created": created, "items": []} for id_ in ids]
    logs = [{"issueId": issue, "changeHistories": histories}] if ids else []
    return {"issueChangeLogs": logs, **({"nextPageToken": token} if token else {})}


async def walk(jira: Changes) -> tuple[dict[str, Any], list[Task]]:
    """Do the history tasks until none follows; return the payloads by id, and what else follows."""
    found: dict[str, Any] = {}
    tasks, others = [("000000.000", {"ids": ["1", "2"]})], []
    names: set[str] = set()
    while tasks:
        ordinal, spec = tasks.pop()
        assert ordinal not in names
        names.add(ordinal)
        outcome = await fetch_history(context_of(jira, TaskKind.HISTORY, spec, ordinal=ordinal))
        found |= {e.id: e for e in outcome.entities if e.kind is EntityKind.HISTORY}
        for task in outcome.follow_ups:
            if task.kind is TaskKind.HISTORY:
                tasks.append((task.ordinal, dict(task.spec)))
            else:
                others.append(task)
    return found, others


async def test_pages_are_followed_through_an_issue_to_the_end() -> None:
    jira = Changes([page("1", "10", "11", token="a"), page("1", "12", token="b"), page("2", "13")])
    found, others = await walk(jira)
    assert {id_: e.payload["issueId"] for id_, e in found.items()} == {
        "10": "1", "11": "1", "12": "1", "13": "2"
    }  # fmt: skip
    assert [body.get("nextPageToken") for body in jira.asked] == [None, "a", "b"]
    assert all(body["issueIdsOrKeys"] == ["1", "2"] for body in jira.asked)
    assert others == []


async def test_a_page_may_be_empty_on_the_way() -> None:
    found, _ = await walk(Changes([page("1", token="a"), page("1", "10")]))
    assert set(found) == {"10"}


@pytest.mark.parametrize(
    ("created", "shown", "millis"),
    [
        (1_700_000_000_123, "2023-11-14T22:13:20.123+0000", 1_700_000_000_123),
        (1_492_070_429, "2017-04-13T08:00:29.000+0000", 1_492_070_429_000),  # as in Atlassian's document
        ("2017-04-13T10:00:29.000+0200", "2017-04-13T10:00:29.000+0200", 1_492_070_429_000),
        (None, None, None),
    ],
)
async def test_times_in_each_of_jiras_forms(created: Any, shown: str | None, millis: int | None) -> None:
    found, _ = await walk(Changes([page("1", "10", created=created)]))
    assert (found["10"].payload["created"], found["10"].updated) == (shown, millis)


async def test_the_author_of_a_change_is_a_user_seen() -> None:
    outcome = await fetch_history(
        context_of(Changes([page("1", "10")]), TaskKind.HISTORY, {"ids": ["1"]}, ordinal="0")
    )
    assert {(e.kind, e.id) for e in outcome.entities} == {(EntityKind.HISTORY, "10"), (EntityKind.USER, "a1")}


@pytest.mark.parametrize(
    "circle",
    [
        [page("1", "10", token="a")],
        [page("1", "10", token=f"t{number}") for number in range(50)],  # new tokens, but the same page
        [page("1", token=f"t{number}") for number in range(50)],
    ],
)
async def test_a_walk_that_would_not_end_ends(circle: list[Any]) -> None:
    jira = Changes(circle)
    with pytest.raises(PermanentError, match="would not end"):
        await walk(jira)
    assert len(jira.asked) <= 11


@pytest.mark.parametrize(
    "refusal",
    [
        JiraNotFoundError("no such path", status=404, endpoint="x"),
        JiraError("too many", status=400, endpoint="x"),
        JiraLoginError("scope does not match", status=401, endpoint="x"),
    ],
)
async def test_where_the_many_are_refused_each_issue_is_asked(refusal: JiraError) -> None:
    found, others = await walk(Changes([refusal]))
    assert found == {}
    assert [(task.kind, task.ordinal, task.spec) for task in others] == [
        (TaskKind.CHANGELOG, "1.000000", {"issue": "1", "start": 0}),
        (TaskKind.CHANGELOG, "2.000000", {"issue": "2", "start": 0}),
        (TaskKind.REMOTE_LINKS, "000000.000.000", {"ids": ["1", "2"]}),  # nothing says which have none
    ]


async def test_issues_whose_history_names_a_remote_link_are_asked_for_them() -> None:
    linked = page("2", "11")
    linked["issueChangeLogs"][0]["changeHistories"][0]["items"] = [{"field": "RemoteWorkItemLink"}]
    _, others = await walk(Changes([page("1", "10", token="a"), linked]))
    assert [(task.kind, task.spec) for task in others] == [(TaskKind.REMOTE_LINKS, {"ids": ["2"]})]


async def test_a_dead_credential_is_no_refusal() -> None:
    with pytest.raises(JiraLoginError, match="dead"):
        await walk(Changes([JiraNotFoundError("hidden", status=404, endpoint="x")], logged_in=False))
