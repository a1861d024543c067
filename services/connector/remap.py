"""Another mapping for an import that is there already: checked as at the start, applied by the loaders."""

from services.connector.context import Context
from services.connector.mappings.existing import ImpossibleMappingError
from services.connector.mappings.plan import plan_of
from services.connector.problems import ApiError
from services.connector.schemas.start import Mappings
from shared.contracts.channels import REMAP
from shared.contracts.events import RemapRequested
from shared.kafka import publish_all
from shared.kinds import LOADED_STATES, EntityKind
from shared.logging import get_logger
from shared.state.chores import Chore, ChoreKind
from shared.state.imports import Import, ProjectBusyError

log = get_logger("connector")


async def remap(import_: Import, mappings: Mappings, context: Context) -> None:
    """Take another mapping on; nothing is asked of Jira.

    Raises the 409 for an import that is not loaded, or whose projects another import has or had after it, and
    the 422 for a mapping that cannot be followed. One that is being applied still is replaced.
    """
    await _ensure_current(import_, context)
    state = context.state
    runs = await state.imports.projects(import_.id)
    before = await state.plans.get(import_.id)
    try:
        plan = await plan_of(
            mappings,
            store=context.store,
            site=import_.site,
            projects={run.project_key: run.project_id for run in runs},
            fields=before.fields,
        )
        await state.imports.claim_again(import_.id)
    except ImpossibleMappingError as error:
        raise ApiError(422, str(error), "IMPOSSIBLE_MAPPING") from error
    except ProjectBusyError as error:
        raise ApiError(409, f"{error}: wait until that one has ended", "CONFLICT") from error
    revision = before.revision + 1
    await state.plans.put(import_.id, plan.model_copy(update={"revision": revision}))
    totals = {run.project_key: run.totals.get(EntityKind.ISSUE, 0) for run in runs}
    await state.remaps.begin(import_.id, revision, totals)
    chore = Chore(kind=ChoreKind.REMAP, spec={"revision": revision})
    await state.imports.owe(import_.id, chore)
    context.chores.ring()
    log.info("remap_requested", import_id=import_.id, revision=revision)


async def ask_loaders(import_: Import, chore: Chore, context: Context) -> None:
    """Publish what the loaders are to do, project by project."""
    events = [
        RemapRequested(import_id=import_.id, project_key=key, revision=chore.spec["revision"])
        for key in import_.project_keys
    ]
    messages = [(REMAP.key_of(event), event.model_dump_json().encode()) for event in events]
    await publish_all(context.broker, REMAP, messages)


async def _ensure_current(import_: Import, context: Context) -> None:
    if import_.state not in LOADED_STATES:
        raise ApiError(
            409, f"The job is {import_.state}: only one that is completed can be remapped", "CONFLICT"
        )
    if later := await context.state.imports.later(import_):
        raise ApiError(
            409,
            f"Job {later.id} has imported the same projects since: map that one anew, or import them again",
            "CONFLICT",
        )
