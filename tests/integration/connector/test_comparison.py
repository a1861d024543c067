"""Sets of ids beside a real store: what is stored, extra, changed, and whose it is."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.connector.comparison import KindComparison, ProjectComparison, compare
from shared.blobs import Blobs
from shared.content import content_hash
from shared.id_sets import IdSet
from shared.kinds import EntityKind
from shared.mongo import Store, open_store
from shared.settings import MongoSettings
from shared.sink import COLLECTION_OF, MAPPED

SITE = "jira.example.org"
ISSUE, COMMENT, LINK, USER = EntityKind.ISSUE, EntityKind.COMMENT, EntityKind.LINK, EntityKind.USER
ATTACHMENT, STATUS = EntityKind.ATTACHMENT, EntityKind.STATUS
OPS, WEB = f"{SITE}:project:1", f"{SITE}:project:2"


@pytest.fixture
async def store(mongo_settings: MongoSettings) -> AsyncIterator[Store]:
    async with open_store(mongo_settings) as opened:
        yield opened


async def put(store: Store, kind: EntityKind, id_: str, *, into: str = "", **content: Any) -> str:
    """Store a document as the loader does; return its `_id`."""
    identity = f"{SITE}:{kind}:{id_}"
    document = {"_id": identity, "site": SITE, "source": "{}", **content}
    document |= {"hash": content_hash(document), "import_id": content.get("import_id", "import-1")}
    await store.windshift[into or COLLECTION_OF[kind]].insert_one(document)
    return identity


def project(key: str, workspace: str, *, own: bool = True, **ids: list[str]) -> ProjectComparison:
    kinds = {EntityKind(kind): KindComparison(IdSet(given)) for kind, given in ids.items()}
    return ProjectComparison(key, workspace, has_own_workspace=own, kinds=kinds)


async def test_missing_extra_and_changed_of_each_project(store: Store) -> None:
    for id_ in ("1", "2", "99"):
        await put(store, ISSUE, id_, workspace_id=OPS)
    await put(store, ISSUE, "5", workspace_id=WEB)
    await put(store, ISSUE, "6", workspace_id=f"{SITE}:project:3")  # of a project that nobody asked about
    await put(store, COMMENT, "10", item_id=f"{SITE}:issue:1")
    await put(store, COMMENT, "11", item_id=f"{SITE}:issue:99")
    await put(store, COMMENT, "12", item_id=f"{SITE}:issue:6")
    await put(store, LINK, "20", source_id=f"{SITE}:issue:6", target_id=f"{SITE}:issue:5")
    await store.windshift["items"].update_one({"_id": f"{SITE}:issue:2"}, {"$set": {"title": "by hand"}})
    ops = project("OPS", OPS, issue=["1", "2", "3"], comment=["10"])
    web = project("WEB", WEB, issue=["5"])

    compared = await compare(store, SITE, [ops, web], contents=True)

    assert (compared.documents, compared.unplaced) == (9, {})
    issues, comments = ops.of(ISSUE), ops.of(COMMENT)
    assert (set(issues.missing), set(issues.extra), set(issues.changed)) == ({"3"}, {"99"}, {"2"})
    assert (set(comments.missing), set(comments.extra), set(comments.changed)) == (set(), {"11"}, set())
    assert (set(web.of(ISSUE).stored), set(web.of(ISSUE).extra)) == ({"5"}, set())
    assert set(web.of(LINK).extra) == {"20"}


async def test_contents_are_compared_only_where_asked_for(store: Store) -> None:
    await put(store, ISSUE, "1", workspace_id=OPS)
    await put(store, ISSUE, "2", workspace_id=OPS)
    await store.windshift["items"].update_many({}, {"$set": {"title": "by hand"}})
    ops = project("OPS", OPS, issue=["1"])

    await compare(store, SITE, [ops], contents=False)

    assert (set(ops.of(ISSUE).changed), set(ops.of(ISSUE).extra)) == (set(), {"2"})


async def test_what_belongs_to_the_whole_site_is_never_extra(store: Store) -> None:
    await put(store, USER, "kim")
    await put(store, USER, "JIRAUSER1")
    ops = project("OPS", OPS, user=["kim"])

    compared = await compare(store, SITE, [ops], contents=True)

    assert (set(ops.of(USER).stored), set(ops.of(USER).extra), compared.unplaced) == ({"kim"}, set(), {})


async def test_a_document_that_points_nowhere_is_named(store: Store) -> None:
    await store.windshift["comments"].insert_one({"_id": f"{SITE}:comment:7", "body": "by hand"})

    compared = await compare(store, SITE, [project("OPS", OPS, issue=["1"])], contents=True)

    assert compared.unplaced == {COMMENT: IdSet(["7"])}


async def test_other_sites_are_left_alone(store: Store) -> None:
    await put(store, ISSUE, "1", workspace_id=OPS)
    await store.windshift["items"].insert_one({"_id": f"{SITE}-2:issue:9", "workspace_id": OPS})
    ops = project("OPS", OPS, issue=["1"])

    assert (await compare(store, SITE, [ops], contents=True)).documents == 1
    assert set(ops.of(ISSUE).extra) == set()


async def test_what_a_later_import_wrote_is_not_extra(store: Store) -> None:
    await put(store, ISSUE, "1", workspace_id=OPS)
    await put(store, ISSUE, "2", workspace_id=OPS, import_id="import-2")
    ops = project("OPS", OPS, issue=["1"])

    await compare(store, SITE, [ops], contents=True, passed_over=["import-2"])

    assert set(ops.of(ISSUE).extra) == set()


async def test_a_workspace_that_was_there_before_may_hold_other_projects(store: Store) -> None:
    await put(store, ISSUE, "1", workspace_id="ws-1", jira_key="OPS-1")
    await put(store, ISSUE, "2", workspace_id="ws-1", jira_key="OPS-2")
    await put(store, ISSUE, "3", workspace_id="ws-1", jira_key="WEB-3")
    ops = project("OPS", "ws-1", own=False, issue=["1"])

    await compare(store, SITE, [ops], contents=True)

    assert set(ops.of(ISSUE).extra) == {"2"}


async def test_what_something_else_stands_for_is_stored(store: Store) -> None:
    await put(store, STATUS, "1", into=MAPPED)
    await put(store, STATUS, "2", into=MAPPED)
    await store.windshift[MAPPED].update_one({"_id": f"{SITE}:status:2"}, {"$set": {"name": "by hand"}})
    ops = project("OPS", OPS, status=["1", "2", "3"])

    await compare(store, SITE, [ops], contents=True)

    found = ops.of(STATUS)
    assert (set(found.missing), set(found.changed)) == ({"3"}, {"2"})


async def test_an_attachment_without_its_bytes_is_changed(store: Store) -> None:
    for id_ in ("1", "2"):
        identity = f"{SITE}:attachment:{id_}"
        await put(store, ATTACHMENT, id_, item_id=f"{SITE}:issue:1", blob={"id": identity})
        await Blobs(store).put(identity, b"bytes", filename="a.txt")
    await Blobs(store).delete(f"{SITE}:attachment:2")
    ops = project("OPS", OPS, issue=["1"], attachment=["1", "2"])

    await compare(store, SITE, [ops], contents=True)

    assert set(ops.of(ATTACHMENT).changed) == {"2"}


async def test_a_source_that_was_moved_aside_counts_as_content(store: Store) -> None:
    for id_ in ("1", "2", "3"):
        identity = await put(store, ISSUE, id_, workspace_id=OPS, source=f"source {id_}")
        aside = await Blobs(store).put(f"source/{identity}", f"source {id_}".encode(), filename="s.json")
        fields = {"source": None, "source_blob": aside.model_dump()}
        await store.windshift["items"].update_one({"_id": identity}, {"$set": fields})
    await Blobs(store).delete(f"source/{SITE}:issue:2")
    await store.windshift["items"].update_one({"_id": f"{SITE}:issue:3"}, {"$set": {"title": "by hand"}})
    ops = project("OPS", OPS, issue=["1", "2", "3"])

    await compare(store, SITE, [ops], contents=True)

    assert set(ops.of(ISSUE).changed) == {"2", "3"}
