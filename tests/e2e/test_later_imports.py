"""Importing a project again: what changed in Jira arrives, what changed in Windshift is not lost."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from shared.content import GONE
from shared.kinds import EntityKind
from shared.sink import COLLECTION_OF
from shared.state.versions import TRANSFORM
from tests.e2e.conftest import JiraOf
from tests.e2e.holdings import digest
from tests.e2e.running import Ended, World, assert_completed, run_import
from tests.support.simulator import SimulatedJira

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CLOUD = SimulatorOptions(deployment="cloud", issues=60, projects=2, seed=11, attachment_max_bytes=10_000)
DATACENTER = SimulatorOptions(
    deployment="datacenter", issues=60, projects=2, seed=11, attachment_max_bytes=10_000
)
BOTH = pytest.mark.parametrize("options", [CLOUD, DATACENTER], ids=lambda options: options.deployment)
OF_ISSUES = {
    "issues": EntityKind.ISSUE,
    "comments": EntityKind.COMMENT,
    "worklogs": EntityKind.WORKLOG,
    "attachments": EntityKind.ATTACHMENT,
    "histories": EntityKind.HISTORY,
    "links": EntityKind.LINK,
}


async def assert_mirrors(world: World, jira: SimulatedJira, ended: Ended) -> None:
    """Without what is marked as gone, Windshift has what Jira has; the account says the same and balances."""
    assert ended.report["balanced"], ended.report
    for name, kind in OF_ISSUES.items():
        truth = {id_ for key in ("SIM", "OPS") for id_ in await jira.truth(key, name)}
        query = {"site": ended.site, "kind": kind, GONE: None}
        stored = [one["jira_id"] for one in world.windshift[COLLECTION_OF[kind]].find(query)]
        assert sorted(stored) == sorted(truth), kind
    for project in ended.report["projects"]:
        for name, kind in OF_ISSUES.items():
            account = project["kinds"].get(kind, {"jira": 0})
            assert account["jira"] == len(set(await jira.truth(project["key"], name))), (project["key"], kind)


def gone(ended: Ended, kind: EntityKind = EntityKind.ISSUE) -> dict[str, list[str]]:
    """What the report names as gone, by project."""
    return {project["key"]: project["kinds"][kind]["gone"] for project in ended.report["projects"]}


def item(world: World, ended: Ended, key: str) -> Mapping[str, Any]:
    found = world.windshift["items"].find_one({"site": ended.site, "jira_key": key})
    assert found is not None
    return found


def edit_in_windshift(world: World, ended: Ended, key: str, **fields: Any) -> None:
    query = {"site": ended.site, "jira_key": key}
    assert world.windshift["items"].update_one(query, {"$set": fields}).modified_count == 1


def edit(key: str, **fields: Any) -> dict[str, Any]:
    return {"op": "edit", "key": key, "fields": fields}


def findings(ended: Ended, code: str) -> list[dict[str, Any]]:
    return [
        example
        for project in ended.report["projects"]
        for example in project["findings"].get(code, {"examples": []})["examples"]
    ]


def goes_on_from(ended: Ended) -> set[str | None]:
    return {project.get("goes_on_from") for project in ended.job["projects"]}


@BOTH
async def test_an_unchanged_site(world: World, jira_of: JiraOf, options: SimulatorOptions) -> None:
    jira = await jira_of(options)
    first = await run_import(world, jira)
    before = digest(world.windshift)
    await jira.reset()
    again = await run_import(world, jira)
    assert_completed(again)
    assert (goes_on_from(first), goes_on_from(again)) == ({None}, {first.id})
    assert again.written == 0
    assert digest(world.windshift) == before
    asked = await jira.requests()
    assert not any("bulkfetch" in route or "comment" in route for route in asked), asked
    assert {kind: one["jira"] for kind, one in again.report["projects"][0]["kinds"].items()} == {
        kind: one["jira"] for kind, one in first.report["projects"][0]["kinds"].items()
    }
    await assert_mirrors(world, jira, again)


@BOTH
async def test_what_changed_since(world: World, jira_of: JiraOf, options: SimulatorOptions) -> None:
    jira = await jira_of(options)
    first = await run_import(world, jira)
    deleted, hidden, moved, *_ = await jira.edit(
        {"op": "delete", "key": "SIM-3"},
        {"op": "hide", "key": "SIM-5"},
        {"op": "move", "key": "SIM-9", "project": "OPS"},
        edit("SIM-11", summary="edited"),
        {"op": "comment", "key": "SIM-12", "body": "late"},
        {"op": "add", "project": "OPS", "fields": {"summary": "new"}},
    )
    second = await run_import(world, jira)
    assert goes_on_from(second) == {first.id}
    assert gone(second) == {"OPS": [], "SIM": sorted([deleted, hidden])}
    assert item(world, second, "SIM-11")["title"] == "edited"
    assert world.windshift["items"].count_documents({"site": second.site, "jira_id": moved}) == 1
    workspace = world.windshift["workspaces"].find_one({"site": second.site, "jira_key": "OPS"})
    now = world.windshift["items"].find_one({"site": second.site, "jira_id": moved})
    assert workspace is not None
    assert now is not None
    assert now["workspace_id"] == workspace["_id"]
    await assert_mirrors(world, jira, second)

    await jira.edit({"op": "show", "key": "SIM-5"})
    third = await run_import(world, jira)
    assert goes_on_from(third) == {second.id}
    assert gone(third) == {"OPS": [], "SIM": []}
    assert item(world, third, "SIM-5").get(GONE) is None
    assert item(world, third, "SIM-3")[GONE] > datetime.now(UTC) - timedelta(minutes=5)
    await assert_mirrors(world, jira, third)


async def test_what_jira_does_not_tell_of_comes_with_a_full_import(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(CLOUD)
    await run_import(world, jira)
    await jira.edit({"op": "comment", "key": "SIM-2", "body": "in silence", "silently": True})
    later = await run_import(world, jira)
    assert later.written == 0
    full = await run_import(world, jira, full=True)
    assert goes_on_from(full) == {None}
    assert full.written == 1
    await assert_mirrors(world, jira, full)


@pytest.mark.parametrize(
    ("policy", "winner"),
    [("keep_windshift", "Windshift"), ("keep_jira", "Jira"), ("newest", "Windshift"), (None, "Windshift")],
)
async def test_an_item_that_was_edited_on_both_sides(
    world: World, jira_of: JiraOf, policy: str | None, winner: str
) -> None:
    jira = await jira_of(CLOUD)
    first = await run_import(world, jira)
    await jira.edit(edit("SIM-4", summary="Jira"), edit("SIM-6", summary="Jira"))
    soon = datetime.now(UTC) + timedelta(minutes=1)
    edit_in_windshift(world, first, "SIM-4", title="Windshift", updated_at=soon)
    edit_in_windshift(world, first, "SIM-8", title="only in Windshift")
    options: dict[str, Any] = {} if policy is None else {"conflict_policy": policy}
    second = await run_import(world, jira, **options)
    assert item(world, second, "SIM-4")["title"] == winner
    assert item(world, second, "SIM-6")["title"] == "Jira"
    assert item(world, second, "SIM-8")["title"] == "only in Windshift"
    (conflict,) = findings(second, "conflict")
    assert (conflict["kind"], conflict["id"]) == ("issue", item(world, second, "SIM-4")["jira_id"])
    assert f"{winner}'s version" in conflict["detail"]
    assert "title" in conflict["detail"]
    assert second.report["balanced"]


async def test_by_time_an_older_edit_in_windshift_gives_way(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(CLOUD)
    first = await run_import(world, jira)
    edit_in_windshift(world, first, "SIM-4", title="Windshift", updated_at=datetime(2001, 1, 1, tzinfo=UTC))
    await jira.edit(edit("SIM-4", summary="Jira"))
    second = await run_import(world, jira, conflict_policy="newest")
    assert item(world, second, "SIM-4")["title"] == "Jira"
    assert len(findings(second, "conflict")) == 1


@pytest.mark.parametrize(("policy", "marked"), [("keep_windshift", False), ("keep_jira", True)])
async def test_an_edited_item_that_is_deleted_in_jira_stays(
    world: World, jira_of: JiraOf, policy: str, marked: bool
) -> None:
    jira = await jira_of(CLOUD)
    first = await run_import(world, jira)
    edit_in_windshift(world, first, "SIM-4", title="Windshift")
    await jira.edit({"op": "delete", "key": "SIM-4"})
    second = await run_import(world, jira, conflict_policy=policy)
    kept = item(world, second, "SIM-4")
    assert (kept["title"], GONE in kept) == ("Windshift", marked)
    (conflict,) = findings(second, "conflict")
    assert "gone from Jira" in conflict["detail"]


@BOTH
async def test_a_scope_by_jql(world: World, jira_of: JiraOf, options: SimulatorOptions) -> None:
    jira = await jira_of(options)
    jql = "key in (SIM-2, SIM-3, SIM-4)"
    first = await run_import(world, jira, jql=jql, project_keys=["SIM"])
    assert first.report["projects"][0]["kinds"]["issue"]["jira"] == 3
    whole = await run_import(world, jira, project_keys=["SIM"])
    assert goes_on_from(whole) == {None}  # another scope
    assert gone(whole) == {"SIM": []}
    again = await run_import(world, jira, jql=jql, project_keys=["SIM"])
    assert goes_on_from(again) == {first.id}
    assert again.written == 0
    assert again.report["projects"][0]["kinds"]["issue"]["gone"] == []
    marked = world.windshift["items"].count_documents({"site": again.site, GONE: {"$ne": None}})
    assert marked == 0


@BOTH
async def test_an_issue_that_leaves_the_scope_is_not_gone(
    world: World, jira_of: JiraOf, options: SimulatorOptions
) -> None:
    jira = await jira_of(options)
    jql = "labels = picked"
    await jira.edit(*(edit(f"SIM-{number}", labels=["picked"]) for number in (2, 3, 4)))
    first = await run_import(world, jira, jql=jql, project_keys=["SIM"])
    (left, deleted) = await jira.edit(edit("SIM-2", labels=[]), {"op": "delete", "key": "SIM-3"})
    second = await run_import(world, jira, jql=jql, project_keys=["SIM"])
    assert goes_on_from(second) == {first.id}
    assert gone(second) == {"SIM": [deleted]}
    assert item(world, second, "SIM-2")["labels"] == []  # it is as it is in Jira
    assert item(world, second, "SIM-2").get(GONE) is None
    assert item(world, second, "SIM-2")["jira_id"] == left
    assert second.report["balanced"]


async def test_a_dry_run_writes_nothing_and_tells_what_would_be(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(CLOUD)
    before = digest(world.windshift)
    dry = await run_import(world, jira, dry_run=True)
    assert (dry.job["state"], dry.job["dry_run"]) == ("completed", True)
    assert digest(world.windshift) == before
    issues = {key: len(await jira.truth(key, "issues")) for key in ("OPS", "SIM")}
    told = {one["key"]: one["kinds"]["issue"] for one in dry.report["projects"]}
    assert {key: one["totals"]["to_create"] for key, one in told.items()} == issues
    assert {key: one["totals"]["missing"] for key, one in told.items()} == {"OPS": 0, "SIM": 0}

    first = await run_import(world, jira)
    assert goes_on_from(first) == {None}  # a dry run is nothing to go on from
    await jira.edit(edit("SIM-4", summary="Jira"), edit("SIM-6", summary="Jira"))
    (added,) = await jira.edit({"op": "add", "project": "SIM", "fields": {"summary": "new"}})
    edit_in_windshift(world, first, "SIM-4", title="Windshift")
    before = digest(world.windshift)
    dry = await run_import(world, jira, dry_run=True)
    assert digest(world.windshift) == before
    assert dry.report["projects"][1]["kinds"]["issue"]["to_create"] == [added]
    (conflict,) = findings(dry, "conflict")
    assert conflict["id"] == item(world, dry, "SIM-4")["jira_id"]
    replaced = {(one["kind"], one["id"]) for one in findings(dry, "would_replace")}
    assert ("issue", item(world, dry, "SIM-6")["jira_id"]) in replaced
    assert {kind for kind, _ in replaced} <= {"issue", "history", "link"}  # a link names both ends


async def test_what_makes_other_documents_is_read_whole(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(CLOUD)
    first = await run_import(world, jira)
    again = await run_import(world, jira, mappings={"versions": []})
    assert goes_on_from(again) == {first.id}  # every version is created in both
    world.state["versions"].update_one({"_id": TRANSFORM}, {"$set": {"version": "another"}})
    other = await run_import(world, jira)
    assert goes_on_from(other) == {None}
    assert other.written == 0  # in truth it is the same
