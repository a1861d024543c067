"""What did not arrive: looking at it, and trying it again."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from services.connector.api.jobs import get_job
from services.connector.api.responses import PREFIX, errors
from services.connector.api.steering import ExistingJob, ensure_usable
from services.connector.context import Context, Ctx
from services.connector.letters import to_answer
from services.connector.retry import retry
from services.connector.schemas.dead_letters import (
    DeadLetterPage,
    ReplayRequest,
    RetryAnswer,
    RetryRequest,
)
from shared.state.dead_letters import Choice
from shared.state.imports import Import

router = APIRouter(prefix=PREFIX, tags=["dead letters"])


@router.get("/jobs/{job_id}/dead-letters", responses=errors(404))
async def list_dead_letters(
    import_: ExistingJob,
    context: Ctx,
    project: Annotated[str, Query(description="only of this project")] = "",
    kind: Annotated[str, Query(description="only of this kind")] = "",
    code: Annotated[str, Query(description="only with this code")] = "",
    after: Annotated[str, Query(description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> DeadLetterPage:
    """List what did not arrive, by name: paging is stable while others are resolved."""
    letters = context.state.dead_letters
    choice = Choice(project_key=project or None, kind=kind or None, code=code or None)
    page = await letters.page(import_.id, choice, after=after, limit=limit + 1)
    return DeadLetterPage(
        total=await letters.count(import_.id, choice),
        retriable=await letters.count(import_.id, choice, waiting=True),
        dead_letters=[to_answer(letter) for letter in page[:limit]],
        next=page[limit - 1].name if len(page) > limit else None,
    )


@router.post("/jobs/{job_id}/dead-letters/replay", responses=errors(404, 409))
async def replay_dead_letters(
    import_: ExistingJob, context: Ctx, request: Annotated[ReplayRequest | None, Body()] = None
) -> RetryAnswer:
    """Try dead letters of a job that has ended again: those that are named or match, else all."""
    request = request or ReplayRequest()
    choice = Choice(
        project_key=request.project or None,
        kind=request.kind or None,
        code=request.code or None,
        names=None if request.names is None else tuple(request.names),
    )
    return await _retry(import_, choice, request, context)


@router.post("/jobs/{job_id}/retry", responses=errors(404, 409))
async def retry_job(
    import_: ExistingJob, context: Ctx, request: Annotated[RetryRequest | None, Body()] = None
) -> RetryAnswer:
    """Let a job that has ended run again for what failed, and for nothing else."""
    return await _retry(import_, Choice(), request or RetryRequest(), context)


async def _retry(import_: Import, choice: Choice, request: RetryRequest, context: Context) -> RetryAnswer:
    await ensure_usable(request.connection_id, import_, context)
    asked = await retry(
        import_, choice, context, read_again=request.read_again, connection_id=request.connection_id
    )
    return RetryAnswer(
        message=asked.message,
        retried=asked.retried,
        passed_over=asked.passed_over,
        job=await get_job(import_.id, context),
    )
