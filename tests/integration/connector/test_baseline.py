"""Which earlier import a new one goes on from: only one that leaves nothing open but what changed in Jira."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.connector.baseline import with_bases
from shared.contracts.events import KindAccount
from shared.field_types import FieldType
from shared.kinds import Deployment, EntityKind, State, TaskKind
from shared.mongo import open_store
from shared.settings import MongoSettings
from shared.state import State as StateDb
from shared.state import ensure_indexes
from shared.state.dead_letters import DeadLetter
from shared.state.imports import Import, ProjectRun
from shared.state.ledger import Task
from shared.state.plans import FieldChoice, ImportPlan, JiraField
from shared.state.versions import TRANSFORM

NOW = datetime.now(UTC)
WHOLE = KindAccount(jira=2, windshift=2, missing=0, dead_lettered=0)
LOST = KindAccount(jira=2, windshift=1, missing=1, dead_lettered=0)
FIELD = JiraField(id="customfield_1", name="Size")
OTHER_NAME = FIELD.model_copy(update={"name": "Weight"})
CREATED = FieldChoice(type=FieldType.TEXT)
SKIPPED = FieldChoice(action="skip", type=FieldType.TEXT)


@pytest.fixture
async def state(mongo_settings: MongoSettings) -> AsyncIterator[StateDb]:
    async with open_store(mongo_settings) as store:
        await ensure_indexes(store)
        state = StateDb(store)
        await state.versions.put(TRANSFORM, "v1")
        yield state


def an_import(id_: str, site: str, days_ago: float = 0, **given: Any) -> Import:
    made = {
        "connection_id": "c", "instance_url": "", "deployment": Deployment.CLOUD, "project_keys": ("ABC",),
        "account_id": "me", "created_at": NOW - timedelta(days=days_ago), **given,
    }  # fmt: skip
    return Import(id=id_, site=site, **made)


def a_run(import_: Import, **given: Any) -> ProjectRun:
    made = {
        "project_key": "ABC", "project_id": "1", "created_at": import_.created_at,
        "dry_run": import_.dry_run, **given,
    }  # fmt: skip
    return ProjectRun(import_id=import_.id, site=import_.site, **made)


async def completed(
    state: StateDb,
    site: str,
    *,
    days_ago: float = 1,
    plan: ImportPlan | None = None,
    letter: dict[str, Any] | None = None,
    listed: bool = True,
    run: dict[str, Any] | None = None,
    **given: Any,
) -> str:
    """An earlier import of the project; return the id of its run."""
    import_ = an_import(uuid4().hex, site, days_ago, **given)
    made = {
        "state": State.COMPLETED, "transform": "v1", "full_at": import_.created_at,
        "account": {"issue": WHOLE}, **(run or {}),
    }  # fmt: skip
    earlier = a_run(import_, **made)
    await state.imports.create(import_, [earlier])
    await state.plans.put(import_.id, plan or ImportPlan())
    task = Task(import_.id, "ABC", TaskKind.LIST, "000000")
    await state.ledger.register([task])
    await state.ledger.keep_listing(task, {"ids": ["1", "2"], "next": None if listed else {"token": "x"}})
    await state.ledger.finish(task, {})
    if letter is not None:
        told = {"kind": EntityKind.COMMENT, "id": "7", "stage": "load", "code": "x", "reason": "y"}
        await state.dead_letters.add(
            [DeadLetter.model_validate({"import_id": import_.id, "project_key": "ABC", **told, **letter})]
        )
    return earlier.id


async def base_of(state: StateDb, site: str, *, plan: ImportPlan | None = None, **given: Any) -> str:
    import_ = an_import("new", site, **given)
    (run,) = await with_bases(
        import_, [a_run(import_)], plan or ImportPlan(), state=state, full_after=timedelta(days=30)
    )
    return run.base


async def test_the_last_whole_import_of_the_project_is_gone_on_from(state: StateDb) -> None:
    site = uuid4().hex
    await completed(state, site, days_ago=5)
    last = await completed(state, site, days_ago=2)
    await completed(state, site, days_ago=1, run={"project_id": "2"})
    assert await base_of(state, site) == last
    assert await base_of(state, site, full=True) == ""
    assert await base_of(state, "elsewhere") == ""


async def test_a_chain_of_deltas_is_as_old_as_the_reading_that_it_began_with(state: StateDb) -> None:
    site = uuid4().hex
    await completed(state, site, days_ago=1, run={"full_at": NOW - timedelta(days=31)})
    assert await base_of(state, site) == ""


@pytest.mark.parametrize(
    "broken",
    [
        {"run": {"state": State.CANCELLED}},
        {"run": {"account": {"issue": LOST}}},
        {"listed": False},
        {"letter": {"issue_id": None}},  # nobody knows which issue to read again
        {"jql": "labels = docs"},
        {"open_issues_only": True},
        {"account_id": "somebody else"},  # who may see other issues
        {"dry_run": True, "run": {"transform": "v0"}},
    ],
    ids=str,
)
async def test_an_import_that_is_not_whole_is_passed_over(state: StateDb, broken: dict[str, Any]) -> None:
    site = uuid4().hex
    older = await completed(state, site, days_ago=5)
    await completed(state, site, days_ago=2, **broken)
    assert await base_of(state, site) == older


@pytest.mark.parametrize("undone", [State.UNDOING, State.UNDONE])
async def test_what_an_undone_import_removed_is_read_again(state: StateDb, undone: State) -> None:
    site = uuid4().hex
    await completed(state, site, days_ago=5)
    await completed(state, site, days_ago=2, run={"state": undone})
    assert await base_of(state, site) == ""
    last = await completed(state, site, days_ago=1)
    assert await base_of(state, site) == last


@pytest.mark.parametrize(
    "letter",
    [
        {"issue_id": "1"},
        {"kind": EntityKind.USER, "issue_id": None},  # read whenever somebody is named
    ],
)
async def test_what_failed_can_be_read_again(state: StateDb, letter: dict[str, Any]) -> None:
    site = uuid4().hex
    run = {"state": State.COMPLETED_WITH_ERRORS}
    last = await completed(state, site, letter=letter, run=run)
    assert await base_of(state, site) == last


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (ImportPlan(targets={"s:status:1": "done"}), ImportPlan()),
        (ImportPlan(fields=(FIELD,)), ImportPlan(fields=(OTHER_NAME,))),
        (ImportPlan(choices={FIELD.id: SKIPPED}), ImportPlan(choices={FIELD.id: CREATED})),
    ],
)
async def test_what_would_make_other_documents_is_not_gone_on_from(
    state: StateDb, before: ImportPlan, now: ImportPlan
) -> None:
    site = uuid4().hex
    await completed(state, site, days_ago=5, plan=now)  # what it made was made anew since
    await completed(state, site, days_ago=2, plan=before)
    assert await base_of(state, site, plan=now) == ""


async def test_another_version_of_the_loader_reads_everything(state: StateDb) -> None:
    site = uuid4().hex
    await completed(state, site)
    await state.versions.put(TRANSFORM, "v2")
    assert await base_of(state, site) == ""


async def test_a_field_that_is_new_in_jira_changes_no_old_issue(state: StateDb) -> None:
    site = uuid4().hex
    last = await completed(state, site, plan=ImportPlan(fields=(FIELD,)))
    new = JiraField(id="customfield_2", name="New")
    plan = ImportPlan(fields=(FIELD, new), choices={new.id: CREATED})
    assert await base_of(state, site, plan=plan) == last
