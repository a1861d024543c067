"""Changing the mapping of a job that is completed."""

from fastapi import APIRouter

from services.connector.api.jobs import get_job
from services.connector.api.responses import PREFIX, errors
from services.connector.api.steering import ExistingJob
from services.connector.context import Ctx
from services.connector.remap import remap
from services.connector.schemas.jobs import JobAnswer
from services.connector.schemas.start import RemapRequest

router = APIRouter(prefix=PREFIX, tags=["jobs"])


@router.post("/jobs/{job_id}/remap", responses=errors(404, 409, 422))
async def remap_job(import_: ExistingJob, request: RemapRequest, context: Ctx) -> JobAnswer:
    """Apply another mapping to what a completed job brought, without asking Jira; `remap` tells how far."""
    await remap(import_, request.mappings, context)
    return await get_job(import_.id, context)
