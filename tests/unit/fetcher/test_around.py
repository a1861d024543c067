"""Remote links, watchers and votes: which issues are asked for them, and what is kept of a refusal."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from services.fetcher.tasks import FETCH
from services.fetcher.tasks.around import names_remote_link, people_tasks, remote_link_tasks
from shared.jira.endpoints import MYSELF, Endpoint
from shared.jira.errors import JiraForbiddenError, JiraLoginError, JiraNotFoundError
from shared.kinds import EntityKind, TaskKind
from tests.unit.fetcher.contexts import context_of

ANN, BOB = {"accountId": "a1", "displayName": "Ann"}, {"accountId": "a2", "displayName": "Bob"}


@dataclass
class PerIssue:
    """A Jira that answers for each issue; an error is raised instead of an answer."""

    answers: dict[str, Any]
    logged_in: bool = True
    asked: list[str] = field(default_factory=list)

    async def get(self, endpoint: Endpoint, *, issue: str = "") -> Any:
        self.asked.append(issue)
        if endpoint is MYSELF and not self.logged_in:
            raise JiraLoginError("dead", status=401, endpoint="x")
        answer = {} if endpoint is MYSELF else self.answers[issue]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def payloads(kind: TaskKind, jira: PerIssue, ids: list[Any]) -> dict[tuple[EntityKind, str], Any]:
    outcome = await FETCH[kind](context_of(jira, kind, {"ids": ids}))
    assert not outcome.letters
    assert not outcome.follow_ups
    return {(e.kind, e.id): e.payload for e in outcome.entities}


def change(*fields: str | None) -> dict[str, Any]:
    return {"id": "1", "items": [{"field": name} for name in fields]}


@pytest.mark.parametrize(
    ("histories", "named"),
    [
        ([], False),
        ([change("status", "Link")], False),
        ([change("status"), change("RemoteIssueLink")], True),
        ([change("summary", "RemoteWorkItemLink")], True),
        ([change(None), {"id": "2"}, {"id": "3", "items": None}], False),
    ],
)
def test_the_history_tells_whether_there_were_remote_links(histories: list[Any], named: bool) -> None:
    assert names_remote_link(histories) is named


@pytest.mark.parametrize(
    ("setting", "asked"), [("hinted", ["2"]), ("all", ["1", "2", "3"]), ("none", [])]
)  # fmt: skip
def test_the_settings_say_which_issues_are_asked(setting: str, asked: list[str]) -> None:
    context = context_of(None, TaskKind.ISSUES, {}, remote_links=setting)
    tasks = remote_link_tasks(context, ["1", "2", "3"], ["2"])
    assert [id_ for task in tasks for id_ in task.spec["ids"]] == asked


def test_no_task_asks_more_than_twenty_times() -> None:
    context = context_of(None, TaskKind.ISSUES, {}, ordinal="000001.004")
    tasks = remote_link_tasks(context, [], [str(number) for number in range(45)])
    assert [(task.ordinal, len(task.spec["ids"])) for task in tasks] == [
        ("000001.004.000", 20), ("000001.004.001", 20), ("000001.004.002", 5)
    ]  # fmt: skip


async def test_a_remote_link_says_whose_it_is() -> None:
    link = {"id": 10000, "globalId": "g", "object": {"url": "https://example.com", "title": "T"}}
    jira = PerIssue({"1": [link], "2": [], "3": JiraForbiddenError("off", status=403, endpoint="x")})
    found = await payloads(TaskKind.REMOTE_LINKS, jira, ["1", "2", "3"])
    assert found == {(EntityKind.REMOTE_LINK, "10000"): {**link, "issueId": "1"}}


def test_only_issues_that_have_some_are_asked_for_watchers_and_votes() -> None:
    issues: list[dict[str, Any]] = [
        {"id": "1", "fields": {"watches": {"watchCount": 0}, "votes": {"votes": 0}}},
        {"id": "2", "fields": {"watches": {"watchCount": 3}, "votes": {"votes": 0}}},
        {"id": "3", "fields": {"watches": None, "votes": {"votes": 1}}},
        {"id": "4", "fields": {}},
        {"id": "5"},
    ]
    tasks = people_tasks(context_of(None, TaskKind.ISSUES, {}), issues)
    assert [(task.kind, task.spec["ids"]) for task in tasks] == [
        (TaskKind.WATCHERS, [["2", 3]]), (TaskKind.VOTES, [["3", 1]])
    ]  # fmt: skip
    counted = context_of(None, TaskKind.ISSUES, {}, watchers_and_voters="counted")
    assert people_tasks(counted, issues) == []


async def test_watchers_are_kept_with_their_number_and_are_users_seen() -> None:
    answer = {"self": "x", "isWatching": False, "watchCount": 2, "watchers": [ANN, BOB]}
    found = await payloads(TaskKind.WATCHERS, PerIssue({"1": answer}), [["1", 2]])
    assert found == {
        (EntityKind.WATCHERS, "1"): {"issueId": "1", "watchCount": 2, "watchers": [ANN, BOB]},
        (EntityKind.USER, "a1"): ANN,
        (EntityKind.USER, "a2"): BOB,
    }


@pytest.mark.parametrize(
    "answer",
    [
        {"votes": 4, "hasVoted": False, "voters": []},  # no permission to view voters and watchers
        JiraNotFoundError("voting is off", status=404, endpoint="x"),
        JiraForbiddenError("no", status=403, endpoint="x"),
    ],
)
async def test_where_only_the_number_is_known_it_is_kept(answer: Any) -> None:
    found = await payloads(TaskKind.VOTES, PerIssue({"1": answer}), [["1", 4]])
    assert found == {(EntityKind.VOTES, "1"): {"issueId": "1", "votes": 4}}


async def test_a_dead_credential_is_no_refusal() -> None:
    jira = PerIssue({"1": JiraNotFoundError("hidden", status=404, endpoint="x")}, logged_in=False)
    with pytest.raises(JiraLoginError, match="dead"):
        await payloads(TaskKind.VOTES, jira, [["1", 4]])
