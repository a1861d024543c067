"""Restricted things on their way into a real store: private, counted once, public again when Jira says so."""

from typing import Any

import pytest

from shared.kinds import EntityKind
from shared.mongo import Store
from shared.state import State
from shared.state.findings import FindingCode
from tests.integration.loader.conftest import Running, World
from tests.integration.loader.scenes import later, made, stored, told

ROLE = {"type": "role", "value": "Administrators", "identifier": "10002"}
LEVEL = {"id": "9", "name": "Staff"}
INHERITED = [{"type": "security_level", "id": "9", "name": "Staff"}]
RESTRICTED: list[tuple[EntityKind, dict[str, Any]]] = [
    (EntityKind.COMMENT, {"visibility": ROLE}),
    (EntityKind.COMMENT, {"visibility": {"type": "group", "value": "staff"}}),
    (EntityKind.COMMENT, {"jsdPublic": False}),
    (EntityKind.COMMENT, {"issueRestrictions": INHERITED}),
    (EntityKind.WORKLOG, {"visibility": ROLE}),
    (EntityKind.WORKLOG, {"issueRestrictions": INHERITED}),
    (EntityKind.ATTACHMENT, {"issueRestrictions": INHERITED}),
    (EntityKind.ISSUE, {"fields": {"security": LEVEL}}),
    (EntityKind.ISSUE, {"fields": {"issuerestriction": {"issuerestrictions": {"projectrole": [{}]}}}}),
]


@pytest.mark.parametrize(("kind", "restriction"), RESTRICTED)
async def test_what_is_restricted_is_private_until_the_restriction_is_taken_away(
    running: Running, world: World, store: Store, kind: EntityKind, restriction: dict[str, Any]
) -> None:
    again = later(world)
    plain = {"id": "1", "issueId": "2", "key": "ABC-1", "fields": {}}
    async with running():
        await world.send(made(world, kind, "1", {**plain, **restriction}), world.marker())
        await world.account()
        private = await stored(store, world, kind, "1")
        await again.send(made(again, kind, "1", plain), again.marker())
        await again.account()
    assert private["is_private"] is True
    assert private["restrictions"]
    (finding,) = await told(store, world, "ABC")
    assert (finding.code, finding.kind) == (FindingCode.MADE_PRIVATE, kind)
    public = await stored(store, world, kind, "1")
    assert (public["is_private"], public["restrictions"]) == (False, [])
    assert await told(store, again, "ABC") == []


async def test_what_was_edited_in_windshift_is_hidden_too(
    running: Running, world: World, store: Store
) -> None:
    again = later(world)
    plain = {"id": "1", "issueId": "2", "body": "Words"}
    comments = store.windshift["comments"]
    async with running():
        await world.send(made(world, EntityKind.COMMENT, "1", plain), world.marker())
        await world.account()
        await comments.update_one({"site": world.site}, {"$set": {"body": "Other words"}})
        await again.send(made(again, EntityKind.COMMENT, "1", {**plain, "visibility": ROLE}), again.marker())
        await again.account()
    kept = await stored(store, world, EntityKind.COMMENT, "1")
    assert (kept["body"], kept["is_private"]) == ("Other words", True)
    assert [one["name"] for one in kept["restrictions"]] == ["Administrators"]
    codes = {one.code for one in await told(store, again, "ABC")}
    assert codes == {FindingCode.CONFLICT, FindingCode.MADE_PRIVATE}


async def test_what_cannot_be_stored_privately_is_held_back(
    running: Running, world: World, store: Store
) -> None:
    """A restricted comment that the store refuses must not come without its restriction."""
    payload = {"id": "1", "issueId": "2", "visibility": ROLE, "body": ["neither text nor document"]}
    async with running():
        await world.send(made(world, EntityKind.COMMENT, "1", payload), world.marker())
        await world.account()
    assert await store.windshift["comments"].count_documents({}) == 0
    (letter,) = [one async for one in State(store).dead_letters.of_project(world.import_id, "ABC")]
    assert (letter.kind, letter.id, letter.code) == (EntityKind.COMMENT, "1", "invalid_payload")
    assert await told(store, world, "ABC") == []
