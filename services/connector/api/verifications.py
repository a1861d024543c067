"""Comparing a job with Jira again, at any later time."""

from typing import Annotated

from fastapi import APIRouter, Body, Header
from fastapi.responses import PlainTextResponse

from services.connector.api.responses import PREFIX, TEXT_TOO, errors
from services.connector.api.steering import ExistingJob, ensure_usable
from services.connector.context import Ctx
from services.connector.problems import ApiError, not_found
from services.connector.report_text import verification_text
from services.connector.schemas.report import Verification, VerifiedProject, VerifyRequest
from shared.kinds import FINAL_STATES, State
from shared.state.verifications import Verification as Stored

router = APIRouter(prefix=PREFIX, tags=["jobs"])


@router.post("/jobs/{job_id}/verify", status_code=202, responses=errors(404, 409))
async def verify_job(
    import_: ExistingJob, context: Ctx, request: Annotated[VerifyRequest | None, Body()] = None
) -> Verification:
    """Read ids and times from Jira again and compare; `GET` tells the result.

    While one is open for this job, that one is answered.
    """
    if import_.state not in FINAL_STATES:
        raise ApiError(409, f"The job is {import_.state}: verify it when it has ended", "CONFLICT")
    if import_.state is State.UNDONE:
        raise ApiError(409, "The job is undone: there is nothing to verify any more", "CONFLICT")
    if not await context.state.imports.has_projects(import_.id):
        raise ApiError(409, "The job never started: there is nothing to verify", "CONFLICT")
    connection_id = request.connection_id if request else ""
    await ensure_usable(connection_id, import_, context)
    verification = await context.state.verifications.request(
        import_.id, connection_id or import_.connection_id
    )
    context.verifications.wake()
    return _to_answer(verification, [])


@router.get("/jobs/{job_id}/verify", response_model=Verification, responses=errors(404) | TEXT_TOO)
async def get_verification(
    import_: ExistingJob, context: Ctx, accept: Annotated[str, Header()] = ""
) -> Verification | PlainTextResponse:
    """Tell how the newest verification of a job stands, or what it found; tables for `Accept: text/plain`.

    Of each list the first thousand are kept.
    """
    stored = await context.state.verifications.newest(import_.id)
    if stored is None:
        raise not_found("verification")
    results = await context.state.verifications.results(stored)
    answer = _to_answer(stored, [VerifiedProject.model_validate(one) for one in results])
    return PlainTextResponse(verification_text(answer)) if accept.startswith("text/plain") else answer


def _to_answer(stored: Stored, projects: list[VerifiedProject]) -> Verification:
    summary = stored.summary
    return Verification(
        verification_id=stored.id,
        job_id=stored.import_id,
        state=stored.state,
        requested_at=stored.requested_at,
        started_at=stored.started_at,
        ended_at=stored.ended_at,
        error_message=stored.error_message,
        issues_read=stored.issues_read,
        requests=stored.requests,
        documents=summary.get("documents", 0),
        identical=summary.get("identical"),
        notes=summary.get("notes", []),
        unplaced=summary.get("unplaced", {}),
        projects=projects,
    )
