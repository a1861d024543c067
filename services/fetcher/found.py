"""What tasks find: Jira's objects one by one, and the envelope in which they travel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any, Final, NamedTuple

from shared.contracts.events import BlobRef, EntityFetched
from shared.ids import user_id
from shared.jira.entries import Json, objects, to_millis
from shared.kinds import EntityKind

_MILLIS: Final = 10**11  # more seconds than that are in the year 5138


class Found(NamedTuple):
    """One Jira object among what an answer holds; most are found many times, and become one entity."""

    kind: EntityKind
    id: str
    payload: Json
    updated: str | None = None
    content: BlobRef | None = None
    issue: str = ""

    @property
    def owner(self) -> str:
        """The id of the issue that this is, or hangs on, or was found in as one end of a link; else empty."""
        return self.issue or str(self.payload.get("issueId") or "")


@dataclass(frozen=True, slots=True)
class Origin:
    """Which run found an entity; the envelope that all entities of a task share."""

    import_id: str
    site: str
    project_id: str
    project_key: str

    def entity(self, found: Found) -> EntityFetched:
        """Wrap one Jira object. Built without validation: every member comes from the fetcher itself."""
        return EntityFetched.model_construct(
            type="entity",
            schema_version=1,
            import_id=self.import_id,
            site=self.site,
            project_id=self.project_id,
            project_key=self.project_key,
            kind=found.kind,
            id=found.id,
            updated=to_millis(found.updated),
            occurred_at=int(time() * 1000),
            payload=dict(found.payload),
            payload_blob=None,
            content=found.content,
        )


def to_iso(moment: Any) -> Any:
    """Write a number, seconds or milliseconds since the epoch, as Jira writes times; leave all else alone.

    Cloud's bulk answers give one or the other where its other routes give ISO 8601.
    """
    if not isinstance(moment, int) or isinstance(moment, bool):
        return moment
    seconds = moment / 1000 if abs(moment) >= _MILLIS else moment
    try:
        read = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # no year that there is
        return moment
    return read.isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def things(kind: EntityKind, value: Any) -> Iterator[Found]:
    """Yield what a list holds, as far as it has an id."""
    for thing in objects(value):
        if thing.get("id"):
            yield Found(kind, str(thing["id"]), thing)


def users(*candidates: Any) -> Iterator[Found]:
    """Yield those that are users."""
    for user in candidates:
        if (id_ := user_id(user)) is not None:
            yield Found(EntityKind.USER, id_, user)
