"""Following a job: its events so far, then each one as it comes, until the job has ended."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from time import monotonic
from typing import Final

from fastapi.sse import ServerSentEvent

from services.connector.context import Context
from services.connector.jobs import to_job
from services.connector.outlook import Outlook
from shared.kinds import FINAL_STATES

LIFE: Final = 600.0  # seconds; a client that is still interested comes back with its Last-Event-ID
_LOOK: Final = 0.5  # seconds between two looks for what another replica added


async def follow(import_id: str, last_id: str | None, context: Context) -> AsyncIterator[ServerSentEvent]:
    """Yield the events under their own ids, and an `outlook` whenever what the job waits for has changed.

    At last an `end` with the job as `jobs/{id}` shows it.
    """
    state, events = context.state, context.events
    end, told = monotonic() + LIFE, Outlook()
    while monotonic() < end and not events.closed:
        heard = events.rings
        # Read before the events, so that none of them can fall between the last look and the end.
        import_ = await state.imports.get(import_id)
        async for event in events.after(import_id, last_id):
            last_id = event.id
            yield ServerSentEvent(id=event.id, event=event.type, data=event.data)
        if import_ is None:
            return
        if import_.state in FINAL_STATES:
            remaps = await state.remaps.of([import_id])
            if all(remap.finished_at for remap in remaps):
                job = await to_job(import_, state.imports.each_project(import_id), remaps)
                yield ServerSentEvent(event="end", data=job)
                return
        elif (outlook := await context.outlooks.of(import_)).waiting_for != told.waiting_for:
            told = outlook
            yield ServerSentEvent(event="outlook", data=asdict(outlook))
        await events.wait(_LOOK, heard)
