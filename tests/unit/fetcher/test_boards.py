"""Boards and sprints: every page of them, and nothing lost where an account may not read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.fetcher.tasks import FETCH
from shared.contracts.events import EntityFetched
from shared.errors import PermanentError
from shared.jira.endpoints import BOARDS, MYSELF, Endpoint
from shared.jira.errors import JiraCaptchaError, JiraError, JiraForbiddenError, JiraLoginError, JiraScopeError
from shared.kinds import EntityKind, TaskKind
from tests.unit.fetcher.contexts import context_of

PER_PAGE = 2


@dataclass
class Agile:
    """A Jira with these boards, each with its sprints; pages are shorter than asked for."""

    boards: list[dict[str, Any]]
    sprints: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refusals: dict[Endpoint, JiraError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def get(
        self, endpoint: Endpoint, *, params: Mapping[str, Any] | None = None, board: str = ""
    ) -> Any:
        self.asked.append(f"{endpoint.template} {board}".strip())
        if endpoint in self.refusals:
            raise self.refusals[endpoint]
        if endpoint is MYSELF:
            return {}
        assert params is not None
        if endpoint is BOARDS:
            assert params["projectKeyOrId"] == "1"
        every = self.boards if endpoint is BOARDS else self.sprints[board]
        start = params["startAt"]
        shown = every[start : start + PER_PAGE]
        return {"values": shown, "isLast": start + len(shown) >= len(every), "total": len(every)}


async def everything(jira: Agile) -> list[EntityFetched]:
    """Do all tasks that follow from the first one."""
    found: list[EntityFetched] = []
    tasks: list[tuple[TaskKind, str, dict[str, Any]]] = [(TaskKind.BOARDS, "000000", {})]
    names = set()
    while tasks:
        kind, ordinal, spec = tasks.pop()
        assert (kind, ordinal) not in names
        names.add((kind, ordinal))
        outcome = await FETCH[kind](context_of(jira, kind, spec, ordinal=ordinal))
        found += outcome.entities
        tasks += [(task.kind, task.ordinal, dict(task.spec)) for task in outcome.follow_ups]
    return found


def board(number: int, kind: str = "scrum") -> dict[str, Any]:
    return {"id": number, "name": f"B {number}", "type": kind}


def sprint(number: int, **members: Any) -> dict[str, Any]:
    return {"id": number, "state": "closed", "name": f"S {number}", "self": "https://jira/x", **members}


async def test_every_page_of_boards_and_sprints_is_read() -> None:
    boards = [board(1), board(2, "kanban"), board(3, "simple"), board(4), board(5)]
    sprints = {"1": [sprint(n) for n in range(10, 17)], "3": [sprint(20)], "4": [], "5": [sprint(10)]}
    found = await everything(Agile(boards, sprints))
    assert {e.id for e in found if e.kind is EntityKind.BOARD} == {"1", "2", "3", "4", "5"}
    assert {e.id for e in found if e.kind is EntityKind.SPRINT} == {*map(str, range(10, 17)), "20"}


async def test_a_sprint_reads_as_issues_name_it_and_keeps_the_rest() -> None:
    shown = sprint(7, state="ACTIVE", startDate="2015-04-11T15:22:00.000+10:00", originBoardId=1, goal="")
    (entity,) = [e for e in await everything(Agile([board(1)], {"1": [shown]})) if e.id == "7"]
    assert entity.payload == shown | {"state": "active", "startDate": "2015-04-11T05:22:00.000Z"}


@pytest.mark.parametrize(
    "refusal",
    [
        JiraForbiddenError("no licence", status=403, endpoint="x"),
        JiraScopeError("Unauthorized; scope does not match", status=401, endpoint="x"),
        JiraError("The board does not support sprints", status=400, endpoint="x"),
    ],
)
async def test_boards_that_may_not_be_read_are_left_out(refusal: JiraError) -> None:
    jira = Agile([board(1)], refusals={BOARDS: refusal})
    assert await everything(jira) == []
    assert jira.asked == ["/rest/agile/1.0/board", "/rest/api/{api}/myself"]


async def test_boards_and_sprints_without_an_id_are_letters() -> None:
    nameless: dict[str, Any] = {"name": "B"}
    boards = await FETCH[TaskKind.BOARDS](context_of(Agile([board(1), nameless]), TaskKind.BOARDS, {}))
    assert [(one.kind, one.code) for one in boards.letters] == [(EntityKind.BOARD, "malformed")]
    assert [one.id for one in boards.entities] == ["1"]
    spec = {"board": "1", "start": 0}
    jira = Agile([], {"1": [{"id": 11, "name": "no state"}, nameless]})
    sprints = await FETCH[TaskKind.SPRINTS](context_of(jira, TaskKind.SPRINTS, spec))
    assert [(one.kind, one.reason[:1]) for one in sprints.letters] == [(EntityKind.SPRINT, "2")]
    assert sprints.entities == []


async def test_sprints_without_an_end_are_given_up() -> None:
    jira = Agile([board(1)], {"1": [sprint(n) for n in range(6_000)]})
    spec = {"board": "1", "start": 4_999}
    with pytest.raises(PermanentError, match="would not end"):
        await FETCH[TaskKind.SPRINTS](context_of(jira, TaskKind.SPRINTS, spec))


async def test_a_dead_credential_is_everybodys_trouble() -> None:
    dead = JiraLoginError("dead", status=401, endpoint="x")
    with pytest.raises(JiraLoginError, match="dead"):
        await everything(Agile([], refusals={BOARDS: dead, MYSELF: dead}))


async def test_a_captcha_is_not_asked_for_twice() -> None:
    jira = Agile([], refusals={BOARDS: JiraCaptchaError("captcha", status=403, endpoint="x")})
    with pytest.raises(JiraCaptchaError):
        await everything(jira)
    assert jira.asked == ["/rest/agile/1.0/board"]
