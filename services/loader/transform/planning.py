"""Where issues are planned: sprints and boards."""

from typing import Final

from services.loader.transform.fields import label_of, member, moment, reference_to, text
from services.loader.transform.original import Original
from shared.kinds import EntityKind
from shared.mongo import Document

_STATUS_OF: Final = {"future": "planned", "active": "active", "closed": "completed"}


def iteration(original: Original) -> Document:
    """Turn a sprint into an iteration; one to come has no dates, and Data Center shouts its `state`."""
    payload = original.payload
    state = text(payload, "state")
    state = state and state.lower()
    return {
        "name": text(payload, "name"),
        "state": state,
        "status": _STATUS_OF.get(state) if state else None,
        "goal": text(payload, "goal"),
        "start_date": moment(payload, "startDate"),
        "end_date": moment(payload, "endDate"),
        "completed_at": moment(payload, "completeDate"),
        "board_id": reference_to(original.site, EntityKind.BOARD, payload, "originBoardId"),
    }


def board(original: Original) -> Document:
    """Turn a board into a board; a board over several projects is found through each of them."""
    payload = original.payload
    location = member(payload, "location") or {}
    return {
        "workspace_id": reference_to(original.site, EntityKind.PROJECT, location, "projectId"),
        "name": text(payload, "name"),
        "type": text(payload, "type"),
        "location_name": label_of(payload, "location", called="displayName"),
    }
