"""Pausing, resuming and cancelling a job."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends

from services.connector.api.jobs import find_job, get_job
from services.connector.api.responses import PREFIX, errors
from services.connector.context import Context, Ctx
from services.connector.problems import ApiError, not_found
from services.connector.schemas.jobs import JobAnswer, ResumeRequest
from services.connector.steer import cancel, pause, resume
from shared.kinds import State
from shared.state.imports import Import

router = APIRouter(prefix=PREFIX, tags=["jobs"])

ExistingJob = Annotated[Import, Depends(find_job)]


@router.post("/jobs/{job_id}/pause", responses=errors(404, 409))
async def pause_job(import_: ExistingJob, context: Ctx) -> JobAnswer:
    """Stop reading Jira for a job, within seconds; what was read before is still loaded."""
    await pause(import_, context)
    return await get_job(import_.id, context)


@router.post("/jobs/{job_id}/cancel", responses=errors(404, 409))
async def cancel_job(import_: ExistingJob, context: Ctx) -> JobAnswer:
    """End a job for good; what it loaded stays."""
    await cancel(import_, context)
    return await get_job(import_.id, context)


@router.post("/jobs/{job_id}/resume", responses=errors(404, 409))
async def resume_job(
    import_: ExistingJob, context: Ctx, request: Annotated[ResumeRequest | None, Body()] = None
) -> JobAnswer:
    """Let a paused job go on where it was, with the credential that it has or with a new connection's."""
    connection_id = request.connection_id if request else ""
    if import_.state is State.PAUSED:
        await ensure_usable(connection_id, import_, context)
    await resume(import_, context, connection_id=connection_id)
    return await get_job(import_.id, context)


async def ensure_usable(connection_id: str, import_: Import, context: Context) -> None:
    """Raise the error of a connection, the job's own unless another is named, that cannot serve the job."""
    connection = await context.state.connections.get(connection_id or import_.connection_id)
    if connection is None and connection_id:
        raise not_found("connection")
    if connection is None:
        raise ApiError(
            409,
            "The job's connection was deleted. Connect to Jira again and name the new connection_id.",
            "CONFLICT",
        )
    if connection.site != import_.site:
        raise ApiError(409, f"That connection is to {connection.site}, not to {import_.site}", "CONFLICT")
