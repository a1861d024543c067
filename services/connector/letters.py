"""From a stored dead letter to what its reader is told."""

from typing import Final

from services.connector.schemas.dead_letters import DeadLetterAnswer, PayloadReference
from shared.state.dead_letters import DeadLetter, Way

_NO_REPLAY: Final = {
    "fetch": "It does not say which task it came from: import the project again.",
    "load": "What was read of it was not kept, and it hangs on no issue: import the project again.",
}
_A_RECORD: Final = "It is about a record of Kafka, which is in the dead letter topic: send that again."


def to_answer(letter: DeadLetter) -> DeadLetterAnswer:
    """Return a letter as it is shown: with a reference to its payload, never with the payload."""
    return DeadLetterAnswer(
        name=letter.name,
        project=letter.project_key,
        kind=letter.kind,
        id=letter.id,
        issue_id=letter.issue_id,
        stage=letter.stage,
        code=letter.code,
        reason=letter.reason,
        jira_message=letter.jira_message,
        at=letter.at,
        payload=_reference(letter),
        replay=letter.way,
        no_replay=None if letter.way else _NO_REPLAY.get(letter.stage, _A_RECORD),
        retried_by=letter.retried_by,
    )


def _reference(letter: DeadLetter) -> PayloadReference | None:
    if letter.payload_blob:
        return PayloadReference(kept_in="blob", id=letter.payload_blob.blob_id)
    if letter.way is Way.TASK:
        return PayloadReference(kept_in="task", id=letter.task or "")
    return PayloadReference(kept_in="letter", id=letter.name) if letter.way is Way.PAYLOAD else None
