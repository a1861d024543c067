"""Cancelling and resuming a job."""

from typing import Annotated

from fastapi import APIRouter, Depends

from services.connector.api.jobs import find_job, get_job
from services.connector.api.responses import PREFIX, errors
from services.connector.context import Ctx
from services.connector.problems import ApiError
from services.connector.schemas.jobs import JobAnswer
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
async def resume_job(import_: ExistingJob, context: Ctx) -> JobAnswer:
    """Let a paused job go on where it was, once its credential works again."""
    if not await resume(import_, context):
        raise ApiError(409, f"The job is {import_.state}: only a paused job can be resumed", "CONFLICT")
    return await get_job(import_.id, context)
