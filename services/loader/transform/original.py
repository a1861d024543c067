"""What a transform works on: a thing as Jira gave it, what is known around it, and room for notes."""

from dataclasses import dataclass, field
from typing import NamedTuple

from services.loader.transform.context import EMPTY, Context
from services.loader.transform.fields import Payload
from shared.contracts.events import EntityFetched
from shared.state.findings import FindingCode


class Note(NamedTuple):
    """Something worth knowing about a thing that arrived; becomes a finding of the import."""

    code: FindingCode
    detail: str


@dataclass(slots=True)
class Original:
    """One thing of Jira on its way to becoming a document. Transforms only read it, and add notes."""

    entity: EntityFetched
    payload: Payload  # apart from the entity: a large one comes from the blob store
    context: Context = EMPTY
    notes: list[Note] = field(default_factory=list)

    @property
    def site(self) -> str:
        """The site's name, the first part of every `_id`."""
        return self.entity.site

    def note(self, code: FindingCode, detail: str = "") -> None:
        """Remember an observation."""
        self.notes.append(Note(code, detail))
