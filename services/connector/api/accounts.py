"""The closing account of a job."""

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import PlainTextResponse

from services.connector.api.jobs import find_job
from services.connector.api.responses import PREFIX, errors
from services.connector.context import Ctx
from services.connector.report import as_table, report_on
from services.connector.schemas.report import Report

router = APIRouter(prefix=PREFIX, tags=["jobs"])


@router.get(
    "/jobs/{job_id}/report",
    response_model=Report,
    responses=errors(404) | {200: {"content": {"text/plain": {}}}},
)
async def get_report(
    job_id: str, context: Ctx, accept: Annotated[str, Header()] = ""
) -> Report | PlainTextResponse:
    """Lay what Jira has beside what Windshift has, computed now; a table for `Accept: text/plain`."""
    import_ = await find_job(job_id, context)
    runs = await context.state.imports.projects([import_.id])
    report = await report_on(import_, runs, context.store)
    return PlainTextResponse(as_table(report)) if accept.startswith("text/plain") else report
