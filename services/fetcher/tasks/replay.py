"""Sends again what the loaders could not load, as it was read: Jira is not asked."""

import json
from time import time
from typing import Any

from services.fetcher.outcome import Outcome
from services.fetcher.tasks.context import TaskContext
from shared.contracts.events import EntityFetched
from shared.kinds import EntityKind
from shared.state.dead_letters import DeadLetter


async def replay(context: TaskContext) -> Outcome:
    """Publish what the dead letters of this task hold; what cannot be written stays one, and says why."""
    outcome = Outcome()
    async for letter in context.dead_letters.with_payloads(context.task.id):
        try:
            entity = _entity(context, letter)
            entity.to_bytes()
        except (ValueError, TypeError, RecursionError) as error:
            reason = f"It cannot be sent again as it was read: {error}"
            outcome.letters.append(letter.model_copy(update={"reason": reason, "retried_by": None}))
        else:
            outcome.entities.append(entity)
    return outcome


def _entity(context: TaskContext, letter: DeadLetter) -> EntityFetched:
    """Raises ValueError for a kind that this version does not know, and for what is not JSON."""
    payload: dict[str, Any] | None = json.loads(letter.payload) if letter.payload else None
    origin = context.session.origin
    return EntityFetched(
        import_id=origin.import_id,
        site=origin.site,
        project_id=origin.project_id,
        project_key=origin.project_key,
        kind=EntityKind(letter.kind),
        id=letter.id,
        updated=letter.updated,
        occurred_at=int(time() * 1000),
        payload=payload,
        payload_blob=letter.payload_blob,
        content=letter.content,
    )
