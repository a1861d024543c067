"""Who is meant by a name: the users and items that Jira's texts and fields name without their ids."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from services.loader.convert.text import link
from services.loader.transform.original import Name
from services.loader.writer import store_errors
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import Database, Document
from shared.sink import COLLECTION_OF, address

_KEPT: Final = 200_000  # names; a site with more users than that has them looked for again
_AT_ONCE: Final = 50  # names in one `$in`: the embedded store compares each document with each of them


class Directory:
    """What is known by which name; `names` is for transforms."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.names: dict[Name, str] = {}

    def learn(self, document: Document) -> None:
        """Take in a document of a user or an item; of items only when somebody asks for items."""
        if len(self.names) >= _KEPT:
            self.names.clear()
        site = document["site"]
        if document["kind"] == EntityKind.USER:
            shown = document["display_name"] or document["username"] or document["jira_id"]
            mention = link(f"@{shown}", address(EntityKind.USER, document["_id"]))
            # An account of Data Center keeps its id when its login changes; another may then be called so.
            called = document["username"] or document["jira_id"]
            self.names[Name(site, EntityKind.USER, called)] = mention
        elif document["jira_key"]:
            self.names[Name(site, EntityKind.ISSUE, document["jira_key"])] = document["_id"]

    async def look_up(self, wanted: Iterable[Name]) -> set[Name]:
        """Ask the store for the names that are not known yet; return those of them that are now."""
        unknown = {name for name in wanted if name not in self.names}
        for name_of, kind in ((_users, EntityKind.USER), (_items, EntityKind.ISSUE)):
            collection = self._database[COLLECTION_OF[kind]]
            for names in _chunks(sorted(name for name in unknown if name.kind is kind)):
                for query, shape in name_of(names):
                    with store_errors("looking up names"):
                        async for document in collection.find(query, shape):
                            self.learn({"kind": kind, **document})
        return {name for name in unknown if name in self.names}


def _users(names: Sequence[Name]) -> Iterator[tuple[Document, Document]]:
    """Cloud names users by their ids; Data Center by logins, which may change and are no ids."""
    shape = {"site": 1, "jira_id": 1, "username": 1, "display_name": 1}
    yield {"_id": {"$in": [entity_id(name.site, name.kind, name.text) for name in names]}}, shape
    yield {"site": names[0].site, "username": {"$in": [name.text for name in names]}}, shape


def _items(names: Sequence[Name]) -> Iterator[tuple[Document, Document]]:
    shape = {"site": 1, "jira_key": 1}
    yield {"site": names[0].site, "jira_key": {"$in": [name.text for name in names]}}, shape


def _chunks(names: Iterable[Name]) -> Iterator[list[Name]]:
    """Cut sorted names into short lists, each of one site."""
    iterator = iter(names)
    while chunk := list(islice(iterator, _AT_ONCE)):
        for site in dict.fromkeys(name.site for name in chunk):
            yield [name for name in chunk if name.site == site]
