"""Starting imports and asking how they are."""

from collections import defaultdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.connector.api.responses import PREFIX, errors
from services.connector.context import Context, Ctx
from services.connector.jobs import Sums, to_job, to_listed, to_previous
from services.connector.problems import not_found, required
from services.connector.schemas.jobs import JobAnswer, JobListed, PreviousImport
from services.connector.schemas.start import StartAnswer, StartRequest
from services.connector.start import start
from shared.kinds import LOADED_STATES
from shared.state.imports import Import

router = APIRouter(prefix=PREFIX, tags=["jobs"])

_SEARCHED = 500  # of the newest jobs, where earlier imports of a project are looked for
_PREVIOUS = 10


@router.post("/start", responses=errors())
async def start_import(request: StartRequest, context: Ctx) -> StartAnswer:
    """Start an import. What must be refused becomes a job that is failed at once, with the reason."""
    if not (request.connection_id and request.project_keys):
        raise required("connection_id and project_keys are required")
    job_id = await start(request, context)
    return StartAnswer(job_id=job_id, message="Import started successfully")


@router.get("/jobs", responses=errors())
async def list_jobs(context: Ctx) -> list[JobListed]:
    """List the newest hundred jobs."""
    imports = await context.state.imports.recent()
    sums = await _sums_of(imports, context)
    return [to_listed(import_, sums[import_.id]) for import_ in imports]


@router.get("/jobs/{job_id}", responses=errors(404))
async def get_job(job_id: str, context: Ctx) -> JobAnswer:
    """Tell how a job is."""
    import_ = await find_job(job_id, context)
    remaps = await context.state.remaps.of([import_.id])
    outlook = await context.outlooks.of(import_)
    return await to_job(import_, context.state.imports.each_project(import_.id), remaps, outlook)


@router.get("/previous-imports", responses=errors())
async def list_previous_imports(
    context: Ctx,
    project_key: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
) -> list[PreviousImport]:
    """List the last completed imports of some projects."""
    if not project_key:
        raise required("At least one project_key is required")
    wanted = set(project_key)
    found = [
        import_
        for import_ in await context.state.imports.recent(_SEARCHED)
        if import_.state in LOADED_STATES
        and not import_.dry_run
        and wanted.intersection(import_.project_keys)
    ][:_PREVIOUS]
    sums = await _sums_of(found, context)
    return [to_previous(import_, sums[import_.id]) for import_ in found]


async def find_job(job_id: str, context: Ctx) -> Import:
    """Return an import, or raise the 404. No question is put to the store for what cannot be an id.

    The wizard, closed in the middle of an import, asks for `jobs/null` every five seconds.
    """
    try:
        UUID(job_id)
    except ValueError:
        raise not_found("job") from None
    import_ = await context.state.imports.get(job_id)
    if import_ is None:
        raise not_found("job")
    return import_


async def _sums_of(imports: list[Import], context: Context) -> dict[str, Sums]:
    sums: dict[str, Sums] = defaultdict(Sums)
    if imports:
        async for run in context.state.imports.each_project(*[import_.id for import_ in imports]):
            sums[run.import_id].add(run)
    return sums
