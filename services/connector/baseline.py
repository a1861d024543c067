"""Which earlier import a new one goes on from, project by project: only what changed in Jira is then read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.kinds import LOADED_STATES, UNDO_STATES
from shared.state import State as StateDb
from shared.state.imports import Import, ProjectRun
from shared.state.plans import ImportPlan
from shared.state.versions import TRANSFORM


async def with_bases(
    import_: Import, runs: Iterable[ProjectRun], plan: ImportPlan, *, state: StateDb, full_after: timedelta
) -> list[ProjectRun]:
    """Return the runs, each with the run that it goes on from; without one where everything is to be read."""
    version = await state.versions.get(TRANSFORM)
    begun = []
    for bare in runs:
        run = replace(bare, transform=version, full_at=import_.created_at)
        base = None if import_.full else await _base(import_, run, plan, state)
        if base is not None and base.full_at and base.full_at > datetime.now(UTC) - full_after:
            run = replace(run, base=base.id, since=base.created_at, full_at=base.full_at)
        begun.append(run)
    return begun


async def _base(import_: Import, run: ProjectRun, plan: ImportPlan, state: StateDb) -> ProjectRun | None:
    """Return the last run of the same scope and account whose account is whole.

    None as soon as documents in Windshift may have been removed since, or were made in another way than they
    would be now.
    """
    for earlier in await state.imports.runs_of(run.site, run.project_id):
        other = await state.imports.get(earlier.import_id)
        if other is None or earlier.dry_run:
            continue
        if earlier.state in UNDO_STATES:
            return None
        if earlier.transform != run.transform or not await _same_plan(run, plan, earlier, state):
            return None
        same = (other.restrictions, other.account_id) == (import_.restrictions, import_.account_id)
        if same and await _is_whole(earlier, state):
            return earlier
    return None


async def _same_plan(run: ProjectRun, plan: ImportPlan, earlier: ProjectRun, state: StateDb) -> bool:
    """Tell whether two plans make the same documents of this project; a new field is in no old issue."""
    old = await state.plans.get(earlier.import_id)
    fields, old_fields = ({field.id: field for field in one.fields} for one in (plan, old))
    return (
        plan.targets == old.targets
        and plan.workspaces.get(run.project_id) == old.workspaces.get(run.project_id)
        and all(old_fields[id_] == fields[id_] for id_ in old_fields.keys() & fields.keys())
        and all(old.choices[id_] == plan.choices[id_] for id_ in old.choices.keys() & plan.choices.keys())
    )


async def _is_whole(earlier: ProjectRun, state: StateDb) -> bool:
    """Tell whether it is known of every issue what became of it."""
    return (
        earlier.state in LOADED_STATES
        and not any(kind.missing for kind in earlier.account.values())
        and await state.ledger.last_listed(earlier.id) is not None
        and await state.dead_letters.issues(earlier.id) is not None
    )
