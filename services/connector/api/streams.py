"""Server-Sent Events of a job; the framework sends a comment every 15 s to keep the line open."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.connector.api.jobs import find_job
from services.connector.api.responses import PREFIX, errors_of_stream
from services.connector.context import Ctx
from services.connector.follow import follow
from shared.state.imports import Import

router = APIRouter(prefix=PREFIX, tags=["jobs"])


@router.get("/jobs/{job_id}/events", response_class=EventSourceResponse, responses=errors_of_stream(404))
async def follow_job(
    import_: Annotated[Import, Depends(find_job)],
    context: Ctx,
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Stream a job's progress. `Last-Event-ID` replays what came after that event."""
    async for event in follow(import_.id, last_event_id, context):
        yield event
