"""Reads again what Jira has of a project: ids and the times of changes, a page of issues at a time."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from shared.jira.client import JiraClient
from shared.jira.endpoints import COMMENTS, WORKLOGS
from shared.jira.entries import Json, embedded, objects, read_entries, to_millis, truncated
from shared.jira.listing import Listing
from shared.kinds import Deployment, EntityKind
from shared.state.connections import Connection

Times: TypeAlias = dict[str, int | None]  # `updated` in milliseconds, by id; None where Jira keeps none
Things: TypeAlias = dict[EntityKind, Times]

# What Jira is asked for: an issue comes with all of these.
READ_AGAIN: Final = frozenset(
    {EntityKind.ISSUE, EntityKind.COMMENT, EntityKind.WORKLOG, EntityKind.ATTACHMENT, EntityKind.LINK}
)
_FIELDS: Final = ("updated", "comment", "worklog", "attachment", "issuelinks")
_PAGE: Final = 100  # issues; Cloud gives no more with such fields, and comments bring their texts along
_DATED: Final = (
    (EntityKind.COMMENT, "comment", COMMENTS, "comments"),
    (EntityKind.WORKLOG, "worklog", WORKLOGS, "worklogs"),
)
_ENTRIES: Final = 1000  # of one issue in memory


@dataclass(frozen=True, slots=True)
class Walk:
    """The issues of one project, with what hangs on them."""

    jira: JiraClient
    listing: Listing

    @classmethod
    def over(cls, jira: JiraClient, connection: Connection, jql: str) -> Self:
        """Return the walk over what a JQL finds for the account of a connection."""
        listing = Listing(
            jira=jira,
            cloud=connection.deployment is Deployment.CLOUD,
            zone=connection.zone,
            jql=jql,
            size=_PAGE,
            fields=_FIELDS,
        )
        return cls(jira, listing)

    async def things(self) -> AsyncIterator[Things]:
        """Iterate over all that the project has now, in parts that fit into memory."""
        async for page in self.listing.pages():
            found: Things = defaultdict(dict)
            for issue in page.issues:
                _add(found, issue)
            yield found
            for issue in page.issues:
                async for entries in self._cut_short(issue):
                    yield entries

    async def _cut_short(self, issue: Json) -> AsyncIterator[Things]:
        """Read whole what Jira did not embed whole."""
        for kind, field, endpoint, member in _DATED:
            start, total = 0, 1 if truncated(issue["fields"], field) else 0
            while start < total:
                found, total = await read_entries(
                    self.jira,
                    endpoint,
                    member,
                    str(issue["id"]),
                    cloud=self.listing.cloud,
                    start=start,
                    most=_ENTRIES,
                )
                yield {kind: _times(found.values())}
                start += _ENTRIES


def _add(things: Things, issue: Json) -> None:
    """Add an issue and what came inside of it."""
    fields = issue["fields"]
    things[EntityKind.ISSUE][str(issue["id"])] = to_millis(fields.get("updated"))
    for kind, field, _, _ in _DATED:
        things[kind] |= _times(embedded(fields, field))
    # These are never changed, only added and removed.
    things[EntityKind.ATTACHMENT] |= dict.fromkeys(_ids(fields.get("attachment")))
    things[EntityKind.LINK] |= dict.fromkeys(_ids(fields.get("issuelinks")))


def _times(entries: Iterable[Json]) -> Times:
    return {str(entry["id"]): to_millis(entry.get("updated")) for entry in entries if entry.get("id")}


def _ids(value: object) -> Iterator[str]:
    return (str(one["id"]) for one in objects(value) if one.get("id"))
