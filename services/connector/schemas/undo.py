"""What an undo removed from Windshift, and what stays."""

from datetime import datetime

from pydantic import Field

from services.connector.schemas.parts import Answer, left_out
from shared.kinds import State
from shared.state.undos import Why


class KeptDocument(Answer):
    """A document that stays."""

    kind: str
    id: str = Field(description="of Jira, as at the end of the document's `_id`")
    why: Why
    detail: str = Field(
        description="also_imported: by which job; still_used: by which document; updated: by which job it "
        "was created, empty if by none; mapped: the document in Windshift"
    )


class UndoAnswer(Answer):
    """How far an undo is: numbers of documents by kind, of what stays also by reason.

    Beside Jira's kinds: `field` (definitions of custom fields), `key` (old keys of issues that moved) and
    `mapped_original` (Jira's side of what was mapped). `documents` are cut as `limit` and `offset` say.
    """

    job_id: str
    state: State = Field(description="undoing or undone")
    requested_at: datetime
    completed_at: datetime | None = left_out()
    removed: dict[str, int]
    kept: dict[str, dict[Why, int]]
    documents: list[KeptDocument]
