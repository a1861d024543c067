"""What Windshift's store holds of a site, laid beside what the simulator really has."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from deploy.embedded.account import COUNTED_BY_JIRA
from deploy.embedded.loopback import loopback
from deploy.jira_simulator.data.content import stream
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.sink import COLLECTION_OF
from tests.e2e.running import Store
from tests.support.simulator import SimulatedJira

Document: TypeAlias = Mapping[str, Any]

# What each kind points at. The required ones are never null; the others may be, as in Jira.
REQUIRED = {
    EntityKind.ISSUE: {
        "workspace_id": EntityKind.PROJECT,
        "item_type_id": EntityKind.ISSUE_TYPE,
        "status_id": EntityKind.STATUS,
    },
    EntityKind.COMMENT: {"item_id": EntityKind.ISSUE},
    EntityKind.WORKLOG: {"item_id": EntityKind.ISSUE},
    EntityKind.ATTACHMENT: {"item_id": EntityKind.ISSUE},
    EntityKind.LINK: {
        "link_type_id": EntityKind.LINK_TYPE,
        "source_id": EntityKind.ISSUE,
        "target_id": EntityKind.ISSUE,
    },
    EntityKind.VERSION: {"workspace_id": EntityKind.PROJECT},
    EntityKind.COMPONENT: {"workspace_id": EntityKind.PROJECT},
    EntityKind.HISTORY: {"item_id": EntityKind.ISSUE},
    EntityKind.REMOTE_LINK: {"item_id": EntityKind.ISSUE},
    EntityKind.WATCHERS: {"item_id": EntityKind.ISSUE},
    EntityKind.VOTES: {"item_id": EntityKind.ISSUE},
}
OPTIONAL = {
    EntityKind.PROJECT: {"lead_id": EntityKind.USER},
    EntityKind.ISSUE: {
        "priority_id": EntityKind.PRIORITY,
        "assignee_id": EntityKind.USER,
        "reporter_id": EntityKind.USER,
        "creator_id": EntityKind.USER,
        "parent_id": EntityKind.ISSUE,
        "milestone_ids": EntityKind.VERSION,
        "affected_milestone_ids": EntityKind.VERSION,
        "component_ids": EntityKind.COMPONENT,
        "label_ids": EntityKind.LABEL,
        "resolution_id": EntityKind.RESOLUTION,
        "security_level_id": EntityKind.SECURITY_LEVEL,
        "iteration_ids": EntityKind.SPRINT,
        "iteration_id": EntityKind.SPRINT,
    },
    EntityKind.COMMENT: {"author_id": EntityKind.USER, "update_author_id": EntityKind.USER},
    EntityKind.WORKLOG: {"author_id": EntityKind.USER, "update_author_id": EntityKind.USER},
    EntityKind.ATTACHMENT: {"author_id": EntityKind.USER},
    EntityKind.COMPONENT: {"lead_id": EntityKind.USER},
    EntityKind.HISTORY: {"author_id": EntityKind.USER},
    EntityKind.WATCHERS: {"user_ids": EntityKind.USER},
    EntityKind.VOTES: {"user_ids": EntityKind.USER},
    EntityKind.BOARD: {"workspace_id": EntityKind.PROJECT},
}


async def assert_holds_all(
    store: Store, jira: SimulatedJira, site: str, *, outside: Counter[str] | None = None
) -> None:
    """Every id once, every byte, every reference with its target; `outside` are ids of issues elsewhere."""
    await _assert_every_id_once(store, jira, site)
    _assert_required(store, site)
    _assert_bytes(store, site)
    if not outside:
        assert all(one["parent_id"] for one in documents(store, site, EntityKind.ISSUE) if one["parent_key"])
    dangling = dangling_references(store, site)
    assert {kind for kind, _ in dangling} <= {EntityKind.ISSUE}, dangling
    assert Counter(id_.rpartition(":")[2] for _, id_ in dangling) == (outside or Counter()), dangling


async def _assert_every_id_once(store: Store, jira: SimulatedJira, site: str) -> None:
    projects = await _projects(jira)
    assert sorted(one["jira_key"] for one in documents(store, site, EntityKind.PROJECT)) == sorted(projects)
    for word, name in COUNTED_BY_JIRA.items():
        kind = EntityKind(word)
        truth = {one for project in projects for one in await jira.truth(project, name)}
        held = [one["jira_id"] for one in documents(store, site, kind)]
        assert len(held) == len(set(held)), kind
        assert set(held) == truth, kind
        assert {one["_id"] for one in documents(store, site, kind)} == {
            entity_id(site, kind, id_) for id_ in truth
        }
    for project in projects:
        assert _items_of(store, site, project) == set(await jira.truth(project, "issues"))
    parents = {one for project in projects for one in await jira.truth(project, "parents")}
    assert _parents(store, site) >= parents, "a parent, an epic or the issue of a sub-task"
    keys = [one["jira_key"] for one in documents(store, site, EntityKind.ISSUE)]
    assert len(keys) == len(set(keys))


async def issues_of(jira: SimulatedJira) -> set[str]:
    """The ids of all issues that a site really has."""
    return {one for project in await _projects(jira) for one in await jira.truth(project, "issues")}


def documents(store: Store, site: str, kind: EntityKind) -> Iterable[Document]:
    """All documents of one kind, without Jira's own payload."""
    return store[COLLECTION_OF[kind]].find({"site": site, "kind": kind.value}, {"source": 0})


def dangling_references(store: Store, site: str) -> list[tuple[EntityKind, str]]:
    """Each reference without its target, as the target's kind and `_id`."""
    known = {kind: {one["_id"] for one in documents(store, site, kind)} for kind in EntityKind}
    found = []
    for kind in EntityKind:
        fields = {**REQUIRED.get(kind, {}), **OPTIONAL.get(kind, {})}
        for one in documents(store, site, kind):
            for field, target in fields.items():
                found += [(target, id_) for id_ in _ids(one[field]) if id_ not in known[target]]
    return found


def digest(store: Store) -> dict[str, str]:
    """A hash over every byte of every document, by collection."""
    digests = {}
    with MongoClient(*_address(store), document_class=RawBSONDocument, retryWrites=False) as client:
        database = client[store.name]
        for name in database.list_collection_names():
            every = sorted(hashlib.sha256(one.raw).digest() for one in database[name].find())
            digests[name] = hashlib.sha256(b"".join(every)).hexdigest()
    return digests


def _address(store: Store) -> tuple[str, int]:
    address = store.client.address
    assert address is not None
    return address[0], int(address[1] or 0)


def _items_of(store: Store, site: str, project: str) -> set[str]:
    workspace = store["workspaces"].find_one({"site": site, "jira_key": project})
    assert workspace is not None
    return {one["jira_id"] for one in store["items"].find({"workspace_id": workspace["_id"]}, {"jira_id": 1})}


def _parents(store: Store, site: str) -> set[str]:
    """Child and parent by Jira's ids, as the simulator writes them."""
    items = documents(store, site, EntityKind.ISSUE)
    return {f"{one['jira_id']}<{str(one['parent_id']).rpartition(':')[2]}" for one in items}


def _assert_required(store: Store, site: str) -> None:
    for kind, fields in REQUIRED.items():
        for one in documents(store, site, kind):
            assert all(one[field] for field in fields), one


def _assert_bytes(store: Store, site: str) -> None:
    """The simulator makes a file's bytes from its id alone, so that what should be there can be told."""
    prefix = entity_id(site, EntityKind.ATTACHMENT, "")
    ours = {"$gte": prefix, "$lt": prefix[:-1] + ";"}  # ';' comes right after ':'
    stored: dict[str, bytearray] = {}
    for chunk in store["attachments.chunks"].find({"files_id": ours}).sort([("files_id", 1), ("n", 1)]):
        stored.setdefault(chunk["files_id"], bytearray()).extend(chunk["data"])
    files = {file["_id"]: file for file in store["attachments.files"].find({"_id": ours})}
    attachments = list(documents(store, site, EntityKind.ATTACHMENT))
    assert files.keys() == {one["blob"]["id"] for one in attachments}
    for one in attachments:
        blob, file = one["blob"], files[one["blob"]["id"]]
        data = stored.pop(blob["id"], bytearray())
        assert one["size"] == blob["size"] == file["length"] == len(data), one
        assert blob["sha256"] == file["metadata"]["sha256"] == hashlib.sha256(data).hexdigest(), one
        assert data == b"".join(stream(int(one["jira_id"]), 0, one["size"])), one
    assert stored == {}


def _ids(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


async def _projects(jira: SimulatedJira) -> list[str]:
    async with loopback() as http:
        return list((await http.get(f"{jira.root}/_sim/truth")).json())
