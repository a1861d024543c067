"""Removing what a job created in Windshift."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.connector.api.jobs import find_job
from services.connector.api.responses import PREFIX, errors
from services.connector.api.steering import ExistingJob
from services.connector.context import Ctx
from services.connector.problems import not_found
from services.connector.schemas.undo import KeptDocument, UndoAnswer
from services.connector.undo.chore import ask
from shared.kinds import UNDO_STATES
from shared.state.undos import Why

router = APIRouter(prefix=PREFIX, tags=["jobs"])


@router.delete("/jobs/{job_id}/data", status_code=202, responses=errors(404, 409))
async def undo_job(import_: ExistingJob, context: Ctx) -> UndoAnswer:
    """Remove what a job created from Windshift, and nothing else; `GET` tells how far that is.

    What was there before, is needed by something that stays, came with another job too or was edited in
    Windshift stays. May be asked for again: what stays for the sake of others goes when they are gone.
    """
    await ask(import_, context)
    return await get_undo(await find_job(import_.id, context), context)


@router.get("/jobs/{job_id}/data", responses=errors(404))
async def get_undo(
    import_: ExistingJob,
    context: Ctx,
    kind: Annotated[str, Query(description="only documents of this kind")] = "",
    why: Annotated[Why | None, Query(description="only documents that stay for this reason")] = None,
    offset: Annotated[int, Query(ge=0, description="where the list begins")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="how long the list is at most")] = 100,
) -> UndoAnswer:
    """Tell how far the undo of a job is, what it removed, and what stays for which reason."""
    undos = context.state.undos
    undo = await undos.get(import_.id)
    if undo is None or import_.state not in UNDO_STATES:
        raise not_found("undo")
    kept = await undos.kept(import_.id, kind=kind, why=why, offset=offset, limit=limit)
    return UndoAnswer(
        job_id=import_.id,
        state=import_.state,
        requested_at=undo.requested_at,
        completed_at=undo.ended_at,
        removed=undo.removed,
        kept={
            one: {Why(reason): count for reason, count in counts.items()}
            for one, counts in (await undos.kept_counts(import_.id)).items()
        },
        documents=[KeptDocument(kind=one.kind, id=one.id, why=one.why, detail=one.detail) for one in kept],
    )
