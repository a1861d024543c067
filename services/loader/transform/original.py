"""What a transform works on: a thing as Jira gave it, what is known around it, and room for notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.loader.transform.context import EMPTY, Context
from services.loader.transform.fields import Payload
from shared.contracts.events import EntityFetched
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.state.findings import FindingCode


class Note(NamedTuple):
    """Something worth knowing about a thing that arrived; becomes a finding of the import."""

    code: FindingCode
    detail: str


class Name(NamedTuple):
    """What Jira calls a thing where it does not give its id: an issue's key, a user's login, a media id."""

    site: str
    kind: EntityKind
    text: str


@dataclass(slots=True)
class Original:
    """One thing of Jira on its way to becoming a document. Transforms only read it, and add notes."""

    entity: EntityFetched
    payload: Payload  # apart from the entity: a large one comes from the blob store
    context: Context = EMPTY
    names: Mapping[Name, str] = field(default_factory=dict)  # a mention, an `_id` or an address for each
    notes: list[Note] = field(default_factory=list)
    unknown: set[Name] = field(default_factory=set)  # what was asked of `names` in vain

    @property
    def site(self) -> str:
        """The site's name, the first part of every `_id`."""
        return self.entity.site

    @property
    def id(self) -> str:
        """The `_id` of the document."""
        return entity_id(self.entity.site, self.entity.kind, self.entity.id)

    def note(self, code: FindingCode, detail: str = "") -> None:
        """Remember an observation."""
        self.notes.append(Note(code, detail))

    def mention(self, user: str) -> str | None:
        """Return the mention of a user (account id, or login on Data Center) as a Markdown link."""
        return self._known(EntityKind.USER, user)

    def item(self, key: str) -> str | None:
        """Return the `_id` of an item by its Jira key."""
        return self._known(EntityKind.ISSUE, key)

    def file(self, media_id: str) -> str | None:
        """Return the address of an attachment by what the texts of Cloud call it."""
        return self._known(EntityKind.ATTACHMENT, media_id)

    def _known(self, kind: EntityKind, text: str) -> str | None:
        name = Name(self.entity.site, kind, text)
        found = self.names.get(name)
        if found is None:
            self.unknown.add(name)
        return found
