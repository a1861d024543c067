"""What names something before it is there, or something that is elsewhere, on a real broker and store."""

from datetime import UTC, datetime
from typing import Any

from shared.content import GONE, is_intact
from shared.contracts.events import BlobRef, EntityFetched
from shared.field_types import EPIC_FIELD
from shared.ids import entity_id, key_id
from shared.kinds import EntityKind
from shared.mongo import Document, Store
from shared.sink import ALIASES
from shared.state import State
from shared.state.findings import FindingCode
from shared.state.plans import ImportPlan, JiraField
from tests.integration.loader.conftest import Running, World
from tests.integration.loader.scenes import fetched, later, made, marker, stored, told

KIM = {"key": "JIRAUSER1", "name": "kim", "displayName": "Kim Smith", "active": True}
LINK = {
    "id": "50",
    "type": {"id": "9", "name": "Blocks", "outward": "blocks", "inward": "is blocked by"},
    "source": {"id": "1", "key": "ABC-1", "summary": "One"},
    "target": {"id": "2", "key": "XYZ-2", "summary": "Two"},
}


def issue(world: World, id_: str, key: str, **fields: Any) -> EntityFetched:
    payload = {"id": id_, "key": key, "fields": fields}
    return made(world, EntityKind.ISSUE, id_, payload, project_key=key.split("-")[0])


def comment(world: World) -> EntityFetched:
    return made(world, EntityKind.COMMENT, "7", {"id": "7", "issueId": "1", "body": "[~kim] and [~lee]"})


def link(world: World, project_key: str) -> EntityFetched:
    return made(world, EntityKind.LINK, "50", LINK, updated=None, project_key=project_key)


async def contents(store: Store) -> dict[str, list[Document]]:
    names = ("items", "comments")
    return {name: await store.windshift[name].find().sort("_id", 1).to_list(None) for name in names}


async def test_names_that_come_later_are_settled_at_the_marker(
    running: Running, world: World, store: Store
) -> None:
    again = later(world)
    epic = JiraField(id="customfield_1", custom=EPIC_FIELD)
    for one in (world, again):
        await State(store).plans.put(one.import_id, ImportPlan(site=world.site, fields=(epic,)))
    fields = {"customfield_1": "ABC-2", "description": "by [~kim]"}
    user = made(world, EntityKind.USER, "JIRAUSER1", KIM, updated=None)
    async with running():
        await world.send(issue(world, "1", "ABC-1", **fields), comment(world))
        await world.batches(2)
        early = await stored(store, world, EntityKind.ISSUE, "1")
        await world.send(user, issue(world, "2", "ABC-2"), world.marker())
        await world.account()
    kim = f"[@Kim Smith](/users/{entity_id(world.site, EntityKind.USER, 'JIRAUSER1')})"
    assert (early["parent_id"], early["parent_key"], early["description"]) == (None, "ABC-2", "by @kim")
    settled = await stored(store, world, EntityKind.ISSUE, "1")
    assert settled["parent_id"] == entity_id(world.site, EntityKind.ISSUE, "2")
    assert settled["description"] == f"by {kim}"
    spoken = await stored(store, world, EntityKind.COMMENT, "7")
    assert spoken["body"] == f"{kim} and @lee"
    assert is_intact(settled)
    assert is_intact(spoken)
    (unknown,) = await told(store, world, "ABC")
    assert (unknown.code, unknown.kind, unknown.id) == (FindingCode.USER_UNKNOWN, EntityKind.COMMENT, "7")
    assert unknown.detail == "lee"

    before = await contents(store)
    async with running():  # another process, that has seen nothing of the first import
        await again.send(issue(again, "1", "ABC-1", **fields), comment(again), again.marker())
        written = sum(batch.written for batch in await again.batches(2))
        await again.account()
    assert written == 0
    assert await contents(store) == before
    assert [one.detail for one in await told(store, again, "ABC")] == ["lee"]


async def test_a_picture_that_only_has_a_media_id_is_the_attachment(
    running: Running, world: World, store: Store
) -> None:
    shown = [{"type": "media", "attrs": {"type": "file", "id": id_}} for id_ in ("m-1", "m-2")]
    body = {"type": "doc", "version": 1, "content": [{"type": "mediaGroup", "content": shown}]}
    content = BlobRef(blob_id="b", size=4, sha256="00", media_id="m-1")
    file = {"id": "9", "issueId": "1", "filename": "a b.png", "size": 4}
    async with running():
        comment = {"id": "7", "issueId": "1", "body": body, "issueAttachments": []}
        await world.send(made(world, EntityKind.COMMENT, "7", comment))
        await world.batches(1)
        await world.send(made(world, EntityKind.ATTACHMENT, "9", file, content=content), world.marker())
        await world.account()
    address = f"/attachments/{entity_id(world.site, EntityKind.ATTACHMENT, '9')}/a%20b.png"
    found = await stored(store, world, EntityKind.COMMENT, "7")
    assert found["body"] == f"![a b.png]({address})\n\n![m-2](m-2)"
    (unknown,) = await told(store, world, "ABC")
    assert (unknown.code, unknown.id, unknown.detail) == (FindingCode.FILE_UNKNOWN, "7", "m-2")


async def test_what_is_gone_from_jira_is_not_made_again(running: Running, world: World, store: Store) -> None:
    user = made(world, EntityKind.USER, "JIRAUSER1", KIM, updated=None)
    async with running():
        await world.send(comment(world), world.marker())
        await world.account()
        mark = {"$set": {GONE: datetime(2026, 1, 1, tzinfo=UTC)}}
        await store.windshift["comments"].update_one({"site": world.site}, mark)
        await world.send(user, world.marker())
        await world.account()
    found = await stored(store, world, EntityKind.COMMENT, "7")
    assert (found[GONE].year, found["body"]) == (2026, "@kim and @lee")
    assert await State(store).unsettled.names(world.site) == []


async def test_who_was_removed_by_an_undo_is_unknown_to_the_next_import(
    running: Running, world: World, store: Store
) -> None:
    again = later(world)
    user = made(world, EntityKind.USER, "JIRAUSER1", KIM, updated=None)
    async with running():
        await world.send(user, comment(world), world.marker())
        await world.account()
        assert "[@Kim Smith]" in (await stored(store, world, EntityKind.COMMENT, "7"))["body"]
        for name in ("users", "comments"):
            await store.windshift[name].delete_many({"site": world.site})
        await again.send(comment(again), again.marker())
        await again.account()
    assert (await stored(store, again, EntityKind.COMMENT, "7"))["body"] == "@kim and @lee"
    assert {one.detail for one in await told(store, again, "ABC")} == {"kim", "lee"}


async def test_who_comes_with_a_later_project_of_the_import_is_unknown_no_more(
    running: Running, world: World, store: Store
) -> None:
    user = made(world, EntityKind.USER, "JIRAUSER1", KIM, updated=None, project_key="XYZ")
    async with running():
        await world.send(comment(world), world.marker())
        await world.account()
        early = {one.detail for one in await told(store, world, "ABC")}
        await world.send(user, marker(world, "XYZ"))
        await world.account()
    assert early == {"kim", "lee"}
    assert [one.detail for one in await told(store, world, "ABC")] == ["lee"]
    assert "[@Kim Smith]" in (await stored(store, world, EntityKind.COMMENT, "7"))["body"]


async def test_an_epic_of_another_project_becomes_the_parent_when_that_is_imported(
    running: Running, world: World, store: Store
) -> None:
    epic = JiraField(id="customfield_1", custom=EPIC_FIELD)
    await State(store).plans.put(world.import_id, ImportPlan(site=world.site, fields=(epic,)))
    other = later(world)
    async with running():
        await world.send(issue(world, "1", "ABC-1", customfield_1="XYZ-2"), world.marker())
        await world.account()
        (outside,) = await told(store, world, "ABC")
        await other.send(issue(other, "2", "XYZ-2"), marker(other, "XYZ"))
        await other.account()
    assert (outside.code, outside.detail) == (FindingCode.LINK_OUTSIDE, "parent XYZ-2")
    child = await stored(store, world, EntityKind.ISSUE, "1")
    assert child["parent_id"] == entity_id(world.site, EntityKind.ISSUE, "2")
    assert child["import_id"] == world.import_id


async def test_a_link_that_leads_outside_is_real_once_the_other_project_is_imported(
    running: Running, world: World, store: Store
) -> None:
    other = later(world)
    both = {EntityKind.LINK: ["50"]}
    await fetched(store, world, "ABC", {EntityKind.ISSUE: ["1"], **both})
    await fetched(store, other, "XYZ", {EntityKind.ISSUE: ["2"], **both})
    async with running():
        await world.send(issue(world, "1", "ABC-1"), link(world, "ABC"), marker(world, "ABC"))
        await world.account()
        outside = await stored(store, world, EntityKind.LINK, "50")
        target = await store.windshift["items"].find_one({"_id": outside["target_id"]})
        await other.send(issue(other, "2", "XYZ-2"), link(other, "XYZ"), marker(other, "XYZ"))
        await other.account()
    assert target is None
    assert outside["target_key"] == "XYZ-2"
    assert (outside["forward_label"], outside["reverse_label"]) == ("blocks", "is blocked by")
    (finding,) = await told(store, world, "ABC")
    assert (finding.code, finding.id, finding.detail) == (FindingCode.LINK_OUTSIDE, "50", "XYZ-2")
    assert await told(store, other, "XYZ") == []
    assert await stored(store, world, EntityKind.LINK, "50") == outside  # not written again
    ends = [outside["source_id"], outside["target_id"]]
    assert await store.windshift["items"].count_documents({"_id": {"$in": ends}}) == 2


async def test_of_two_projects_of_one_import_the_second_takes_the_finding_back(
    running: Running, world: World, store: Store
) -> None:
    for project_key, id_ in (("ABC", "1"), ("XYZ", "2")):
        ids = {EntityKind.ISSUE: [id_], EntityKind.LINK: ["50"]}
        await fetched(store, world, project_key, ids)
    async with running():
        await world.send(issue(world, "1", "ABC-1"), link(world, "ABC"), marker(world, "ABC"))
        await world.account()
        early = await told(store, world, "ABC")
        await world.send(issue(world, "2", "XYZ-2"), link(world, "XYZ"), marker(world, "XYZ"))
        await world.account()
    assert [one.code for one in early] == [FindingCode.LINK_OUTSIDE]
    assert await State(store).findings.counts(world.import_id) == {}


async def test_the_old_key_of_a_moved_issue_is_an_alias(running: Running, world: World, store: Store) -> None:
    moved = {"field": "Key", "fieldtype": "jira", "fromString": "OLD-7", "toString": "ABC-1"}
    status = {"field": "status", "fieldtype": "jira", "from": "1", "fromString": "Open"}
    history = {"id": "3", "issueId": "1", "items": [status, moved]}
    async with running():
        for _ in range(2):
            await world.send(made(world, EntityKind.HISTORY, "3", history), world.marker())
            await world.account()
    alias = await store.windshift[ALIASES].find_one({"_id": key_id(world.site, "OLD-7")})
    assert alias is not None
    assert alias["item_id"] == entity_id(world.site, EntityKind.ISSUE, "1")
    assert await store.windshift[ALIASES].count_documents({}) == 1
