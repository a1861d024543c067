"""The state database: every effect may be repeated, and locks are what the store guarantees."""

import asyncio
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.events import BatchLoaded, KindAccount
from shared.id_sets import IdSet
from shared.kinds import Deployment, EntityKind, State, TaskKind, TokenKind
from shared.mongo import Store, insert_missing
from shared.reconcile import reconcile, stored_ids
from shared.state import State as StateDb
from shared.state.connections import Connection
from shared.state.dead_letters import Choice, DeadLetter, Way
from shared.state.findings import Finding, FindingCode
from shared.state.imports import Import, ProjectBusyError, ProjectRun
from shared.state.ledger import Task, TaskState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TASK = Task("i1", "ABC", TaskKind.LIST, "000000", {"since": None})


@pytest.fixture
def state(store: Store) -> StateDb:
    return StateDb(store)


def import_(id_: str, *keys: str) -> tuple[Import, list[ProjectRun]]:
    return (
        Import(
            id=id_, connection_id="c", site="s", instance_url="u", deployment=Deployment.CLOUD,
            project_keys=keys, created_at=NOW,
        ),
        [ProjectRun(import_id=id_, site="s", project_key=key, project_id="1") for key in keys],
    )  # fmt: skip


def batch(first: int, last: int, partition: int = 0) -> BatchLoaded:
    return BatchLoaded(
        import_id="i1", project_key="ABC", partition=partition, first_offset=first, last_offset=last,
        loaded={EntityKind.ISSUE: 2}, written=1, dead_lettered=1,
    )  # fmt: skip


async def test_a_project_is_imported_by_one_import_at_a_time(state: StateDb) -> None:
    await state.imports.create(*import_("i1", "ABC", "DEF"))
    with pytest.raises(ProjectBusyError, match="Project DEF is being imported by job i1") as busy:
        await state.imports.create(*import_("i2", "XYZ", "DEF"))
    assert (busy.value.project_key, busy.value.running_import_id) == ("DEF", "i1")
    assert await state.imports.get("i2") is None
    await state.imports.create(*import_("i3", "XYZ"))  # the refused one claims nothing
    assert await state.imports.set_state("i1", State.CANCELLED)
    await state.imports.create(*import_("i4", "ABC", "DEF"))


async def test_of_many_imports_at_once_one_gets_the_project(state: StateDb) -> None:
    started = await asyncio.gather(
        *(state.imports.create(*import_(f"i{number}", "ABC")) for number in range(12)), return_exceptions=True
    )
    assert [one for one in started if one is None] == [None]
    assert sum(isinstance(one, ProjectBusyError) for one in started) == 11
    assert len(await state.imports.recent()) == 1


async def test_a_state_is_left_only_from_where_it_may_be(state: StateDb) -> None:
    await state.imports.create(*import_("i1", "ABC"))
    assert await state.imports.set_state("i1", State.RUNNING, only_from=(State.QUEUED,))
    assert not await state.imports.set_state("i1", State.RUNNING, only_from=(State.QUEUED,))
    assert await state.imports.set_state("i1", State.PAUSED, reason="why", only_from=(State.RUNNING,))
    assert not await state.imports.set_state("no such import", State.RUNNING)
    found = await state.imports.get("i1")
    assert found is not None
    assert (found.state, found.error_message) == (State.PAUSED, "why")
    assert found.started_at is not None
    assert found.completed_at is None
    assert await state.imports.state_of("no such import") is None


async def test_a_batch_is_counted_once_however_often_it_is_told(state: StateDb) -> None:
    await state.imports.create(*import_("i1", "ABC"))
    told = [batch(0, 4), batch(0, 4), batch(5, 9), batch(0, 4), batch(0, 4, partition=1), batch(5, 9)]
    assert [await state.imports.fold_batch(one, record=f"0-{number}") for number, one in enumerate(told)] == [
        True,
        False,
        True,
        False,
        True,
        False,
    ]
    run = await state.imports.project("i1", "ABC")
    assert run is not None
    assert (run.loaded, run.written, run.dead_lettered) == ({"issue": 6}, 3, 3)
    assert not await state.imports.fold_batch(
        batch(0, 1).model_copy(update={"project_key": "X"}), record="0-9"
    )


async def test_what_comes_late_leaves_a_closed_project_as_it_is(state: StateDb) -> None:
    """A fetcher that stood still goes on: it publishes once more, and counts its task."""
    await state.imports.create(*import_("i1", "ABC"))
    assert await state.imports.fold_batch(batch(0, 4), record="0-0")
    account = {EntityKind.ISSUE: KindAccount(jira=2, windshift=2, missing=0, dead_lettered=0)}
    await state.imports.close_project("i1", "ABC", account)
    closed = await state.imports.project("i1", "ABC")
    await state.imports.task_done("i1", "ABC", TaskKind.ISSUES, {"issue": 2})
    assert not await state.imports.fold_batch(batch(6, 9), record="0-1")
    assert await state.imports.project("i1", "ABC") == closed


async def test_a_task_that_ends_after_the_cancel_starts_nothing_again(state: StateDb) -> None:
    await state.imports.create(*import_("i1", "ABC"))
    assert await state.imports.set_state("i1", State.CANCELLED)
    await state.imports.give_up_projects("i1")
    await state.imports.task_done("i1", "ABC", TaskKind.ISSUES, {"issue": 2})
    assert await state.imports.fold_batch(batch(0, 4), record="0-0")  # what was in hand stays, and counts
    run = await state.imports.project("i1", "ABC")
    assert run is not None
    assert (run.state, run.loaded, run.totals) == (State.CANCELLED, {"issue": 2}, {})


@pytest.mark.parametrize(
    ("missing", "dead", "expected"),
    [(0, 0, State.COMPLETED), (1, 0, State.COMPLETED_WITH_ERRORS), (0, 1, State.COMPLETED_WITH_ERRORS)],
)
async def test_a_closed_project_has_its_exact_account_and_is_free(
    state: StateDb, missing: int, dead: int, expected: State
) -> None:
    await state.imports.create(*import_("i1", "ABC"))
    await state.imports.task_done("i1", "ABC", TaskKind.ISSUES, {"issue": 99})
    account = {EntityKind.ISSUE: KindAccount(jira=3, windshift=2, missing=missing, dead_lettered=dead)}
    for _ in range(2):
        await state.imports.close_project("i1", "ABC", account)
    run = await state.imports.project("i1", "ABC")
    assert run is not None
    assert (run.state, run.totals, run.loaded) == (expected, {"issue": 3}, {"issue": 2})
    assert run.account == {"issue": account[EntityKind.ISSUE]}
    await state.imports.create(*import_("i2", "ABC"))


async def test_a_task_is_registered_once_and_closed_once(state: StateDb) -> None:
    await state.ledger.register([TASK])
    changed = Task("i1", "ABC", TaskKind.LIST, "000000", {"since": "later"})
    await state.ledger.register([changed, Task("i1", "ABC", TaskKind.PROJECT, "000000")])
    found = await state.ledger.get(TASK.id)
    assert found is not None
    assert (found.spec, found.state) == ({"since": None}, TaskState.PENDING)
    assert await state.ledger.has_pending("i1", "ABC")
    assert {task.kind for task in [t async for t in state.ledger.pending("i1", "ABC")]} == {"list", "project"}
    assert await state.ledger.finish(TASK, {EntityKind.ISSUE: ["2", "1", "2"], EntityKind.USER: []})
    assert not await state.ledger.finish(TASK, {EntityKind.ISSUE: ["3"]})
    assert not await state.ledger.fail(TASK, "too late")
    assert [one.shared async for one in state.ledger.readings("i1/ABC", 0)] == [{"issue": ["1", "2"]}]
    assert await state.ledger.fail(Task("i1", "ABC", TaskKind.PROJECT, "000000"), "no such project")
    assert not await state.ledger.has_pending("i1", "ABC")
    assert await state.ledger.get("i1/ABC/list/000001") is None


async def test_the_first_listing_wins_and_its_ids_count_as_expected(state: StateDb) -> None:
    await state.ledger.register([TASK])
    first, second = {"ids": ["1", "2"], "next": None}, {"ids": ["2"], "next": None}
    kept = await asyncio.gather(*(state.ledger.keep_listing(TASK, page) for page in (first, second, first)))
    assert kept[0] == kept[1] == kept[2]
    assert await state.ledger.keep_listing(TASK, {"ids": [], "next": None}) == kept[0]
    assert (await state.ledger.listings("i1/ABC"))[0].ids == IdSet(kept[0]["ids"])


async def test_the_issues_of_a_huge_project_are_never_all_in_memory(state: StateDb) -> None:
    pages = [Task("i1", "ABC", TaskKind.LIST, f"{number:06d}") for number in range(100)]
    await state.ledger.register(pages)
    for number, page in enumerate(pages):
        ids = [str(10_000 + 5_000 * number + one) for one in range(5_000)]
        await state.ledger.keep_listing(page, {"ids": ids, "next": None})
        await state.ledger.finish(page, {})
    tracemalloc.start()
    try:
        listed = await state.ledger.last_listed("i1/ABC")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert listed is not None
    assert len(listed.ids) == 500_000
    assert peak < 20_000_000, "as text, the ids of all pages take 33 MB"


async def test_an_import_ends_with_the_last_of_its_projects_whichever_that_is(state: StateDb) -> None:
    await state.imports.create(*import_("i1", "A", "B", "C", "D"))
    for closed in ("D", "A", "C"):
        await state.imports.close_project("i1", closed, {})
        assert await state.retries.state_by_projects("i1") is None
    await state.imports.close_project("i1", "B", {})
    assert await state.retries.state_by_projects("i1") is State.COMPLETED


async def test_a_sweep_over_thousands_of_projects_never_has_all_in_memory(state: StateDb) -> None:
    await state.imports.create(*import_("i1", *[f"P{number}" for number in range(4_000)]))
    tracemalloc.start()
    try:
        found = [run.project_key async for run in state.running.open_projects("i1")]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sorted(found) == sorted({f"P{number}" for number in range(4_000)})
    assert peak < 5_000_000, "read at once, they take 12 MB, with less in each than real ones"


async def test_a_letter_is_replaced_by_the_next_one_of_the_same_thing_and_can_be_resolved(
    state: StateDb,
) -> None:
    def letter(id_: str, reason: str, kind: EntityKind = EntityKind.ISSUE) -> DeadLetter:
        return DeadLetter(
            import_id="i1", project_key="ABC", kind=kind, id=id_, stage="fetch", code="c", reason=reason,
            task="i1/ABC/issues/0",
        )  # fmt: skip

    await state.dead_letters.add([])
    await state.dead_letters.add([letter("1", "one"), letter("2", "two"), letter("1", "x", EntityKind.LINK)])
    await state.dead_letters.add([letter("1", "again")])
    found = [(one.kind, one.id, one.reason) async for one in state.dead_letters.of_project("i1", "ABC")]
    assert found == [("issue", "1", "again"), ("issue", "2", "two"), ("link", "1", "x")]
    await arrive(state, "ABC/issue/1", "ABC/issue/9")
    assert [one.id async for one in state.dead_letters.of_project("i1", "ABC")] == ["2", "1"]
    await state.dead_letters.add([letter("1", "once more")])
    assert [one.id async for one in state.dead_letters.of_project("i1", "ABC")] == ["1", "2", "1"]


async def arrive(state: StateDb, *names: str) -> None:
    await state.dead_letters.choose("i1", Choice(names=names), by="t")
    await state.dead_letters.resolve("t")
    await state.dead_letters.give_back("t")


async def test_letters_are_paged_by_name_whatever_comes_or_goes_meanwhile(state: StateDb) -> None:
    def letter(id_: str, project: str = "ABC", kind: str = "issue", code: str = "c") -> DeadLetter:
        return DeadLetter(
            import_id="i1", project_key=project, kind=kind, id=id_, stage="load", code=code, reason="r",
            payload="{}",
        )  # fmt: skip

    async def names(choice: Choice, **more: Any) -> list[str]:
        return [one.name for one in await state.dead_letters.page("i1", choice, limit=3, **more)]

    await state.dead_letters.add(
        [letter(id_) for id_ in "abcd"]
        + [letter("a", "AB"), letter("x", "ABC", "label"), letter("y", code="d"), letter("z", "ABCD")]
    )
    other = letter("a").model_copy(update={"import_id": "i10"})
    await state.dead_letters.add([other])
    assert await names(Choice()) == ["AB/issue/a", "ABC/issue/a", "ABC/issue/b"]
    await arrive(state, "ABC/issue/b", "ABC/issue/d")
    await state.dead_letters.add([letter("bb"), letter("0")])
    assert await names(Choice(), after="ABC/issue/b") == ["ABC/issue/bb", "ABC/issue/c", "ABC/issue/y"]
    assert await names(Choice(), after="ABC/label/x") == ["ABCD/issue/z"]
    assert await names(Choice(project_key="AB")) == ["AB/issue/a"]
    assert await names(Choice(kind="label")) == ["ABC/label/x"]
    assert await names(Choice(code="d")) == ["ABC/issue/y"]
    assert await state.dead_letters.count("i1", Choice()) == 8
    assert await state.dead_letters.count("i1", Choice(kind="issue", project_key="ABC")) == 5
    some = Choice(names=("ABC/issue/b", "ABC/issue/c", *(f"no{number}" for number in range(60))))
    assert await state.dead_letters.count("i1", some) == 1
    assert await state.dead_letters.unknown("i1", ["ABC/issue/b", "no1", "ABC/issue/c"]) == ["no1"]


async def test_letters_that_are_tried_again_are_somebodys_until_they_arrive_or_fail(state: StateDb) -> None:
    letters = state.dead_letters
    common = {"import_id": "i1", "project_key": "ABC", "code": "c", "reason": "r"}
    kinds: dict[str, dict[str, Any]] = {
        "asked": {"stage": "fetch", "task": "t1", "kind": "issue"},
        "old": {"stage": "fetch", "kind": "issue"},
        "kept": {"stage": "load", "kind": "status", "payload": "{}", "updated": 7},
        "hangs": {"stage": "load", "kind": "comment", "issue_id": "5"},
        "lost": {"stage": "load", "kind": "status"},
    }
    await letters.add([DeadLetter.model_validate({**common, "id": id_, **one}) for id_, one in kinds.items()])
    assert (await letters.count("i1", Choice()), await letters.count("i1", Choice(), waiting=True)) == (5, 3)
    await letters.choose("i1", Choice(), by="desk")
    ways = {one.id: one.way for one in await letters.page("i1", Choice(), limit=9)}
    assert ways == {"asked": Way.TASK, "hangs": Way.ISSUE, "kept": Way.PAYLOAD, "lost": None, "old": None}
    assert await letters.count("i1", Choice(), waiting=True) == 0
    assert await letters.chosen_tasks("desk", "i1/ABC") == ["t1"]
    assert await letters.are_taken_up("t1")
    assert not await letters.are_taken_up("another one")
    await letters.hand_over("desk", "t2", task="t1")
    await letters.hand_over("desk", "t3", way=Way.PAYLOAD)
    await letters.give_back("desk")
    (kept,) = [one async for one in letters.with_payloads("t3")]
    assert (kept.payload, kept.updated, kept.retried_by) == ("{}", 7, "t3")
    await letters.resolve("t3")
    assert await letters.fail_again("t2", "newer", "Jira says no") == 1
    left = {one.id: one for one in await letters.page("i1", Choice(), limit=9)}
    assert sorted(left) == ["asked", "hangs", "lost", "old"]
    asked = left["asked"]
    assert (asked.reason, asked.jira_message, asked.code) == ("newer", "Jira says no", "task_failed")
    assert (asked.task, asked.retried_by) == ("t2", None)
    assert not await letters.are_taken_up("t2")
    assert await letters.count("i1", Choice(), waiting=True) == 2
    again = DeadLetter.model_validate({**common, "id": "kept", **kinds["kept"], "reason": "again"})
    await letters.add([again])
    assert await letters.count("i1", Choice(code="c")) == 4


def finding(id_: str, code: FindingCode, detail: str = "", project_key: str = "ABC") -> Finding:
    return Finding(
        import_id="i1", project_key=project_key, kind=EntityKind.ISSUE, id=id_, code=code, detail=detail
    )


async def test_findings_are_told_once_counted_and_taken_back(state: StateDb) -> None:
    raw, private = FindingCode.VALUE_KEPT_RAW, FindingCode.MADE_PRIVATE
    told = [
        finding("1", raw, "customfield_1"),
        finding("1", raw, "customfield_2"),
        finding("1", raw, "customfield_1"),
        finding("2", private),
        finding("3", private, project_key="XYZ"),
    ]
    for _ in range(2):
        await state.findings.add(told)
    await state.findings.add([])
    other = finding("1", raw).model_copy(update={"import_id": "i2"})
    await state.findings.add([other])
    assert await state.findings.counts("i1") == {"ABC": {raw: 2, private: 1}, "XYZ": {private: 1}}
    found = [one async for one in state.findings.of_project("i1", "ABC", raw)]
    assert sorted(one.detail for one in found) == ["customfield_1", "customfield_2"]
    assert len([one async for one in state.findings.of_project("i1", "ABC")]) == 3
    await state.findings.resolve("i1", EntityKind.ISSUE, raw, [])
    await state.findings.resolve("i1", EntityKind.ISSUE, raw, ["1", "3"])
    assert await state.findings.counts("i1") == {"ABC": {private: 1}, "XYZ": {private: 1}}
    assert await state.findings.counts("i2") == {"ABC": {raw: 1}}


async def test_the_account_is_of_sets_of_ids(store: Store, state: StateDb) -> None:
    await state.ledger.register([TASK])
    await state.ledger.keep_listing(TASK, {"ids": ["1", "2", "3", "4"], "next": None})
    await state.ledger.finish(TASK, {EntityKind.COMMENT: ["7"], EntityKind.ISSUE: ["1", "2"]})
    stored: list[dict[str, Any]] = [{"_id": f"s:issue:{id_}"} for id_ in ("1", "2", "99")]
    await insert_missing(store.windshift["items"], [*stored, {"_id": "other:issue:3"}])
    await state.dead_letters.add(
        [
            DeadLetter(
                import_id="i1", project_key="ABC", kind=EntityKind.ISSUE, id="3", stage="fetch", code="c",
                reason="r",
            )
        ]
    )  # fmt: skip
    account = await reconcile(store, site="s", import_id="i1", project_key="ABC")
    assert account[EntityKind.ISSUE].missing == IdSet(["4"])
    assert account[EntityKind.ISSUE].counts() == KindAccount(jira=4, windshift=2, missing=1, dead_lettered=1)
    assert account[EntityKind.COMMENT].missing == IdSet(["7"])


@pytest.mark.parametrize("count", [3, 60, 2500], ids=["one look-up", "several", "a scan"])
async def test_stored_ids_are_found_however_many_are_wanted(store: Store, count: int) -> None:
    wanted = [str(n) for n in range(1, count)] + ["JIRAUSER7"]
    others = ["s:user:007", "s:user:999999", "s:users:1", "s2:user:1"]
    present = [f"s:user:{id_}" for id_ in wanted[::2] + wanted[-1:]]
    await insert_missing(store.windshift["users"], [{"_id": id_} for id_ in {*present, *others}])
    found = IdSet()
    async for part in stored_ids(store.windshift["users"], "s", EntityKind.USER, IdSet(wanted)):
        found |= part
    assert found == IdSet(id_.removeprefix("s:user:") for id_ in present)


async def test_what_the_store_acknowledged_is_not_looked_for_again(store: Store, state: StateDb) -> None:
    await state.ledger.register([TASK])
    await state.ledger.finish(TASK, {EntityKind.COMMENT: ["7", "8"]})
    durable = {EntityKind.COMMENT: IdSet(["7", "99"])}
    account = await reconcile(store, site="s", import_id="i1", project_key="ABC", durable=durable)
    assert account[EntityKind.COMMENT].stored == IdSet(["7"])
    assert account[EntityKind.COMMENT].missing == IdSet(["8"])


async def test_a_connection_is_kept_without_showing_its_token(store: Store, state: StateDb) -> None:
    connection = Connection(
        id="c1", site="s", instance_url="u", base_url="u", email="a@example.com", deployment=Deployment.CLOUD,
        token_kind=TokenKind.SCOPED, sealed_token={"key_id": "k1", "data": "AAAA"}, created_at=NOW,
    )  # fmt: skip
    await state.connections.add(connection)
    assert await state.connections.get("c1") == connection
    await state.connections.touch("c1")
    (found,) = await state.connections.all()
    assert found.last_used_at is not None
    assert await state.connections.delete("c1")
    assert not await state.connections.delete("c1")
    assert await state.connections.get("c1") is None
