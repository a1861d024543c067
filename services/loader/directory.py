"""What is meant by a name: the users, items and files that Jira's texts and fields name without their ids."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from services.loader.convert.text import link
from services.loader.transform.original import Name
from services.loader.writer import store_errors
from shared.groups import groups
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import Database, Document
from shared.sink import COLLECTION_OF, address, file_address

_KEPT: Final = 200_000  # names; a site with more users than that has them looked for again
_AT_ONCE: Final = 50  # names in one `$in`: the embedded store compares each document with each of them


class Directory:
    """What is known by which name; `names` is for transforms."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.names: dict[Name, str] = {}

    def forget(self) -> None:
        """Know nobody any more: before a further import, what an earlier one brought may have been undone."""
        self.names.clear()

    def learn(self, document: Document) -> None:
        """Take in a document of a user, or of an item or a file that somebody asks for."""
        if len(self.names) >= _KEPT:
            self.forget()
        if name := name_of(document):
            self.names[name] = _meaning(document)

    async def look_up(self, wanted: Iterable[Name]) -> set[Name]:
        """Ask the store for the names that are not known yet; return those of them that are now."""
        unknown = {name for name in wanted if name not in self.names}
        for kind, queries in _QUERIES.items():
            collection = self._database[COLLECTION_OF[kind]]
            for names in _chunks(sorted(name for name in unknown if name.kind is kind)):
                for query, shape in queries(names):
                    with store_errors("looking up names"):
                        async for document in collection.find(query, shape):
                            self.learn({"kind": kind, **document})
        return {name for name in unknown if name in self.names}


def name_of(document: Document) -> Name | None:
    """Return what Jira calls the user, item or file of a document."""
    kind, site = EntityKind(document["kind"]), document["site"]
    match kind:
        case EntityKind.USER:
            # An account of Data Center keeps its id when its login changes; another may then be called so.
            called = document["username"] or document["jira_id"]
        case EntityKind.ATTACHMENT:
            called = document["media_id"]
        case _:
            called = document["jira_key"]
    return Name(site, kind, called) if called else None


def _meaning(document: Document) -> str:
    identity: str = document["_id"]
    match document["kind"]:
        case EntityKind.USER:
            shown = document["display_name"] or document["username"] or document["jira_id"]
            return link(f"@{shown}", address(EntityKind.USER, identity))
        case EntityKind.ATTACHMENT:
            return file_address(identity, document["filename"])
        case _:
            return identity


def _users(names: Sequence[Name]) -> Iterator[tuple[Document, Document]]:
    """Cloud names users by their ids; Data Center by logins, which may change and are no ids."""
    shape = {"site": 1, "jira_id": 1, "username": 1, "display_name": 1}
    yield {"_id": {"$in": [entity_id(name.site, name.kind, name.text) for name in names]}}, shape
    yield {"site": names[0].site, "username": {"$in": [name.text for name in names]}}, shape


def _items(names: Sequence[Name]) -> Iterator[tuple[Document, Document]]:
    shape = {"site": 1, "jira_key": 1}
    yield {"site": names[0].site, "jira_key": {"$in": [name.text for name in names]}}, shape


def _files(names: Sequence[Name]) -> Iterator[tuple[Document, Document]]:
    shape = {"site": 1, "media_id": 1, "filename": 1}
    yield {"site": names[0].site, "media_id": {"$in": [name.text for name in names]}}, shape


_QUERIES: Final = {EntityKind.USER: _users, EntityKind.ISSUE: _items, EntityKind.ATTACHMENT: _files}


def _chunks(names: Iterable[Name]) -> Iterator[list[Name]]:
    """Cut sorted names into short lists, each of one site."""
    for chunk in groups(names, _AT_ONCE):
        for site in dict.fromkeys(name.site for name in chunk):
            yield [name for name in chunk if name.site == site]
