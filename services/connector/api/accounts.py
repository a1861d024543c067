"""The closing account of a job."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import PlainTextResponse

from services.connector.api.responses import PREFIX, TEXT_TOO, errors
from services.connector.api.steering import ExistingJob
from services.connector.context import Ctx
from services.connector.problems import not_found
from services.connector.report import report_on
from services.connector.report_kinds import Window
from services.connector.report_text import report_text
from services.connector.schemas.report import Report

router = APIRouter(prefix=PREFIX, tags=["jobs"])


@router.get("/jobs/{job_id}/report", response_model=Report, responses=errors(404) | TEXT_TOO)
async def get_report(
    import_: ExistingJob,
    context: Ctx,
    accept: Annotated[str, Header()] = "",
    project: Annotated[str, Query(description="only this project")] = "",
    projects_offset: Annotated[int, Query(ge=0, description="how many projects are passed over")] = 0,
    projects_limit: Annotated[int, Query(ge=1, le=500, description="how many projects, at most")] = 100,
    offset: Annotated[int, Query(ge=0, description="where each list begins")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="how long each list is at most")] = 100,
    contents: Annotated[
        bool | None, Query(description="compare contents too; left out: unless there are too many")
    ] = None,
) -> Report | PlainTextResponse:
    """Lay what Jira had beside what Windshift has now; tables for `Accept: text/plain`.

    Of an import with many projects, some at once: `notes` say which.
    """
    imports = context.state.imports
    if project:
        run = await imports.project(import_.id, project)
        if run is None:
            raise not_found("project")
        runs = [run]
    else:
        runs = await imports.projects(import_.id, offset=projects_offset, limit=projects_limit)
        if projects_offset and not runs:
            raise not_found("project")
    report = await report_on(import_, runs, context.store, window=Window(offset, limit), contents=contents)
    return PlainTextResponse(report_text(report)) if accept.startswith("text/plain") else report
