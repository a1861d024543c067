"""What of a project is to be read when: since an earlier import, and once more when all of it was read."""

from datetime import datetime
from typing import Any, Final

from shared.groups import groups
from shared.id_sets import IdSet
from shared.kinds import TaskKind
from shared.state import State as StateDb
from shared.state.imports import ProjectRun
from shared.state.ledger import Task, last_of

_NAMED_AT_ONCE: Final = 5_000  # ids that one task names
_CHECKED_AT_ONCE: Final = 100  # issues that one request reads


async def changes(state: StateDb, run: ProjectRun) -> list[Task]:
    """Return the tasks that find what an earlier import has not: changed since, or dead-lettered by it."""
    if not run.base or run.since is None:
        return []
    failed = await state.dead_letters.issues(run.base) or IdSet()
    named = enumerate(groups(failed, _NAMED_AT_ONCE))
    again = [_listing(run, f"again{number:06d}", walk="again", ids=ids) for number, ids in named]
    return [_changed(run, run.since), *again]


async def following(state: StateDb, run: ProjectRun) -> list[Task]:
    """Return what is to be read now that no task of a project is pending; nothing if the project is whole.

    After issues were listed and read: what changed meanwhile, and which issues there are now. After that:
    those that are not among them any more, by their ids: they may be elsewhere, or were not shown. The last
    task of each step tells that its step was begun.
    """
    reading, again = run.rounds
    if run.retries and not await state.ledger.has_any(run.id, reading, TaskKind.LIST):
        return []  # a few things were read again: there is no walk to be checked
    second = _listing(run, "000000", round_=again)
    if await state.ledger.get(second.id) is None and await state.ledger.has_any(
        run.id, reading, TaskKind.ISSUES
    ):
        since = await _begin(state, run)
        return [_changed(run, since, round_=again), second] if since else []
    if await state.ledger.get(_check(run, 0, {}).id) is not None:
        return []
    unseen = await _unseen(state, run)
    elsewhere = sorted(await state.imports.projects_of_site(run.site)) if unseen else []
    return [
        _check(run, number, {"ids": ids, "elsewhere": elsewhere})
        for number, ids in enumerate(groups(unseen, _CHECKED_AT_ONCE))
    ][::-1]


async def _unseen(state: StateDb, run: ProjectRun) -> IdSet:
    """Return the issues that were known, by this import or the one before, and are not listed any more."""
    rounds = await state.ledger.listings(run.id)
    found = last_of(rounds)
    if found is None:  # no walk came to its end: nothing is known of what is not there
        return IdSet()
    before = await state.ledger.last_listed(run.base) if run.base else None
    known = before.ids if before else IdSet()
    for round_, listed in rounds.items():
        if round_ != run.rounds[1]:
            known = known | listed.ids
    return known - found.ids


async def _begin(state: StateDb, run: ProjectRun) -> datetime | None:
    """Return when the reading began that is to be looked at again."""
    if run.retried_at:
        return run.retried_at
    import_ = await state.imports.get(run.import_id)
    return import_.created_at if import_ else None


def _changed(run: ProjectRun, since: datetime, *, round_: int = 0) -> Task:
    return _listing(run, "changed000000", round_=round_, walk="changed", since=since.isoformat())


def _listing(run: ProjectRun, ordinal: str, *, round_: int = 0, **spec: Any) -> Task:
    return Task(run.import_id, run.project_key, TaskKind.LIST, ordinal, spec, site=run.site, round=round_)


def _check(run: ProjectRun, number: int, spec: dict[str, Any]) -> Task:
    ordinal = f"check{number:06d}"
    return Task(
        run.import_id, run.project_key, TaskKind.ISSUES, ordinal, spec, site=run.site, round=run.rounds[1]
    )
