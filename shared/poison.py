"""Records that nobody can read: what is told of them in the report of their import."""

import json
from typing import Any, Final

from aiokafka import ConsumerRecord

from shared.contracts.channels import ENTITIES
from shared.kinds import EntityKind
from shared.state.dead_letters import DeadLetter

UNREADABLE: Final = "unreadable"
MESSAGE: Final = "message"  # the kind of what is about no entity


def origin_of(record: ConsumerRecord) -> str:
    """Return `topic:partition:offset`."""
    return f"{record.topic}:{record.partition}:{record.offset}"


def letter_about(record: ConsumerRecord, reason: str) -> DeadLetter | None:
    """Return a letter for a record; None where it does not say of which import it is.

    It is about an entity if the record names one, else about the message itself.
    """
    said = _said(record)
    import_id, project_key, kind, id_ = (
        value if isinstance(value := said.get(name), str) else ""
        for name in ("import_id", "project_key", "kind", "id")
    )
    if not import_id:
        return None
    named = record.topic == ENTITIES.topic and kind and id_
    payload = said.get("payload")
    inside = payload.get("issueId") if isinstance(payload, dict) else None
    issue = id_ if kind == EntityKind.ISSUE else inside
    return DeadLetter(
        import_id=import_id,
        project_key=project_key,
        kind=kind if named else MESSAGE,
        id=id_ if named else origin_of(record),
        issue_id=str(issue) if issue else None,
        stage="load" if named else "read",
        code=UNREADABLE,
        reason=reason,
    )


def _said(record: ConsumerRecord) -> dict[str, Any]:
    """Read more leniently than the contracts do: lone surrogates, any kind, any version."""
    try:
        said = json.loads(record.value or b"")
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
