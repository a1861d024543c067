"""Cancelling and resuming a job."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends

from services.connector.api.jobs import find_job, get_job
from services.connector.api.responses import PREFIX, errors
from services.connector.context import Ctx
from services.connector.problems import ApiError, not_found
from services.connector.schemas.jobs import JobAnswer, ResumeRequest
from services.connector.steer import cancel, resume
from shared.state.imports import Import

router = APIRouter(prefix=PREFIX, tags=["jobs"])

ExistingJob = Annotated[Import, Depends(find_job)]


@router.post("/jobs/{job_id}/cancel", responses=errors(404, 409))
async def cancel_job(import_: ExistingJob, context: Ctx) -> JobAnswer:
    """End a job for good; what it loaded stays."""
    if not await cancel(import_, context):
        raise ApiError(409, f"The job is {import_.state}: there is nothing to cancel", "CONFLICT")
    return await get_job(import_.id, context)


@router.post("/jobs/{job_id}/resume", responses=errors(404, 409))
async def resume_job(
    import_: ExistingJob, context: Ctx, request: Annotated[ResumeRequest | None, Body()] = None
) -> JobAnswer:
    """Let a paused job go on where it was, with the credential that it has or with a new connection's."""
    connection_id = request.connection_id if request else ""
    if connection_id:
        connection = await context.state.connections.get(connection_id)
        if connection is None:
            raise not_found("connection")
        if connection.site != import_.site:
            raise ApiError(409, f"That connection is to {connection.site}, not to {import_.site}", "CONFLICT")
    if not await resume(import_, context, connection_id=connection_id):
        raise ApiError(409, f"The job is {import_.state}: only a paused job can be resumed", "CONFLICT")
    return await get_job(import_.id, context)
