"""What the state of undone imports says, and who has to wait for whom."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.loader.contexts import Contexts
from shared.kinds import Deployment, State
from shared.mongo import Store
from shared.state import State as StateDb
from shared.state.chores import ChoreKind
from shared.state.imports import Import, ProjectRun, SiteBusyError
from shared.state.undos import Kept, Why


@pytest.fixture
def site() -> str:
    return uuid4().hex


@pytest.fixture
def state(store: Store) -> StateDb:
    return StateDb(store)


def an_import(site: str, key: str = "A") -> tuple[Import, list[ProjectRun]]:
    import_ = Import(
        id=str(uuid4()),
        connection_id="c",
        site=site,
        instance_url="",
        deployment=Deployment.CLOUD,
        project_keys=(key,),
        created_at=datetime.now(UTC),
    )
    return import_, [ProjectRun(import_id=import_.id, site=site, project_key=key, project_id="1")]


async def stored(state: StateDb, site: str, now: State, key: str = "A") -> str:
    import_, runs = an_import(site, key)
    await state.imports.create(import_, runs)
    await state.imports.set_state(import_.id, now)
    return import_.id


async def test_nothing_begins_on_a_site_while_one_of_its_imports_is_undone(state: StateDb, site: str) -> None:
    other = await stored(state, site, State.COMPLETED, "B")
    undone = await stored(state, site, State.COMPLETED)
    await state.imports.set_state(undone, State.UNDOING)
    import_, runs = an_import(site, "C")
    with pytest.raises(SiteBusyError, match=undone):
        await state.imports.create(import_, runs)
    assert await state.imports.get(import_.id) is None
    assert await state.imports.projects(import_.id) == []
    with pytest.raises(SiteBusyError, match=undone):
        await state.imports.claim_again(other)
    assert await state.running.at_work(site) is None
    await state.imports.set_state(undone, State.UNDONE)
    await state.imports.create(import_, runs)
    assert await state.running.at_work(site) == import_.id
    assert await state.running.at_work(site, but=import_.id) is None


async def test_a_batch_that_was_written_meanwhile_is_removed_after_all(state: StateDb, site: str) -> None:
    undone = await stored(state, site, State.UNDONE)
    running = await stored(state, site, State.RUNNING, "B")
    await Contexts(state).undo_late([undone, running])
    assert await state.imports.states_of([undone, running]) == {
        undone: State.UNDOING,
        running: State.RUNNING,
    }
    import_ = await state.imports.get(undone)
    assert import_ is not None
    assert [chore.kind for chore in import_.chores] == [ChoreKind.UNDO]


async def test_totals_stay_over_a_crash_and_grow_with_what_comes_late(state: StateDb) -> None:
    undos, id_ = state.undos, str(uuid4())
    await undos.request(id_)
    assert await undos.begin(id_, {"issue": 7}) == {"issue": 7}
    assert await undos.begin(id_, {"issue": 3}) == {"issue": 7}
    await undos.note_removed(id_, "issue", 6)
    await undos.request(id_)
    assert await undos.begin(id_, {"issue": 1, "user": 2}) == {"issue": 7, "user": 2}


async def test_what_stays_is_counted_and_paged_and_has_one_reason(state: StateDb) -> None:
    undos, id_ = state.undos, str(uuid4())
    kept = [Kept(kind="issue", id=str(number), why=Why.EDITED) for number in range(3)]
    await undos.keep(id_, [*kept, Kept(kind="user", id="u", why=Why.STILL_USED, detail="s:issue:0")])
    await undos.keep(id_, [Kept(kind="issue", id="0", why=Why.UPDATED)])
    assert await undos.kept_counts(id_) == {"issue": {"edited": 3}, "user": {"still_used": 1}}
    assert [one.id for one in await undos.kept(id_, kind="issue", offset=1, limit=1)] == ["1"]
    assert [one.id for one in await undos.kept(id_, why=Why.STILL_USED, offset=0, limit=9)] == ["u"]
    await undos.forget_kept(id_)
    assert await undos.kept_counts(id_) == {}
