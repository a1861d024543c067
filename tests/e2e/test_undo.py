"""Undoing an import: the store is as it was before, to the byte, but for what has to stay."""

import asyncio
import hashlib
from contextlib import suppress
from typing import Any

import httpx
import pytest

from deploy.embedded.processes import StartFailedError
from deploy.embedded.service import Service
from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.wizard import RefusedError, Wizard
from shared.mongo import Document
from shared.sink import COLLECTION_OF
from tests.e2e.conftest import JiraOf
from tests.e2e.holdings import assert_holds_all, dangling_references, digest
from tests.e2e.running import Ended, World, assert_completed, in_the_middle, run_import
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CLOUD = SimulatorOptions(deployment="cloud", issues=60, projects=2, seed=11, attachment_max_bytes=300_000)
DATACENTER = SimulatorOptions(
    deployment="datacenter", issues=60, projects=2, seed=11, attachment_max_bytes=300_000
)
BOTH = pytest.mark.parametrize("options", [CLOUD, DATACENTER], ids=lambda options: options.deployment)
EMPTY = hashlib.sha256(b"").hexdigest()
THERE: dict[str, Document] = {
    "statuses": {"_id": "ws:shipped", "name": "Shipped"},
    "items": {"_id": "ws:1", "title": "Made in Windshift", "status_id": "ws:shipped"},
}


def contents(world: World) -> dict[str, str]:
    """The digest of everything in the store; a collection without documents is none."""
    return {name: one for name, one in digest(world.windshift).items() if one != EMPTY}


async def undo(world: World, job_id: str) -> dict[str, Any]:
    """Undo an import; return what was removed and what stays."""
    async with world.wizard() as wizard:
        await wizard.undo(job_id)
        return await undone(wizard, job_id)


async def undone(wizard: Wizard, job_id: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while (told := await wizard.undone(job_id, limit=1000))["state"] != "undone":
            await asyncio.sleep(0.05)
    return told


def reasons(told: dict[str, Any], *, why: str) -> dict[str, list[str]]:
    """Ids of what stays for one reason, by kind."""
    kept: dict[str, list[str]] = {}
    for one in told["documents"]:
        if one["why"] == why:
            kept.setdefault(one["kind"], []).append(one["id"])
    return kept


@BOTH
async def test_nothing_is_left_and_all_comes_again(
    world: World, jira_of: JiraOf, options: SimulatorOptions
) -> None:
    jira = await jira_of(options)
    await run_import(world, await jira_of(CLOUD))  # another site
    before = contents(world)
    first = await run_import(world, jira)
    told = await undo(world, first.id)
    assert contents(world) == before
    assert told["kept"] == {}
    assert told["removed"]["attachment"] > 0
    assert told["removed"]["issue"] == sum(one["kinds"]["issue"]["jira"] for one in first.report["projects"])
    async with world.wizard() as wizard:
        job, report = await wizard.job(first.id), await wizard.report(first.id)
        with pytest.raises(RefusedError, match="409 The job is undone"):
            await wizard.start_verification(first.id)
    assert (job["status"], job["state"]) == ("failed", "undone")
    assert job["error_message"].startswith(f"Undone: {sum(told['removed'].values()):,} documents")
    assert (report["balanced"], report["identical"], report["projects"]) == (None, None, [])
    assert report["notes"] == [job["error_message"]]

    again = await run_import(world, jira)
    assert_completed(again)
    assert {project.get("goes_on_from") for project in again.job["projects"]} == {None}
    await assert_holds_all(world.windshift, jira, again.site)
    assert (await undo(world, again.id))["kept"] == {}
    assert contents(world) == before


async def test_what_was_there_what_was_edited_and_what_these_need_stays(
    world: World, jira_of: JiraOf
) -> None:
    jira = await jira_of(CLOUD)
    for collection, document in THERE.items():
        world.windshift[collection].insert_one(dict(document))
    before = contents(world)
    done = {"jiraIds": ["10002"], "jiraName": "Done", "windshiftId": "ws:shipped", "createNew": False}
    first = await run_import(world, jira, mappings={"statuses": [done]})
    windshift = world.windshift
    edited = windshift["items"].find_one({"site": first.site, "parent_id": {"$ne": None}})
    comment = windshift["comments"].find_one({"site": first.site, "item_id": {"$ne": edited["_id"]}})  # type: ignore[index]
    assert edited
    assert comment
    windshift["items"].update_one({"_id": edited["_id"]}, {"$set": {"title": "mine now"}})
    windshift["comments"].update_one({"_id": comment["_id"]}, {"$set": {"body": "mine too"}})
    own = windshift["workspaces"].find_one({"site": first.site, "jira_key": "OPS"})
    assert own
    windshift["items"].insert_one({"_id": "ws:2", "title": "new", "workspace_id": own["_id"]})

    told = await undo(world, first.id)
    assert reasons(told, why="edited") == {"issue": [edited["jira_id"]], "comment": [comment["jira_id"]]}
    assert reasons(told, why="mapped") == {"status": ["10002"]}
    used = reasons(told, why="still_used")
    assert {"project", "issue_type", "user"} <= used.keys(), used
    assert comment["item_id"].rpartition(":")[2] in used["issue"]
    assert edited["parent_id"].rpartition(":")[2] in used["issue"]
    assert own["jira_id"] in used["project"]
    assert {id_ for _, id_ in dangling_references(windshift, first.site)} <= {"ws:shipped"}
    assert windshift["comments"].count_documents({"site": first.site}) == 1
    assert windshift["attachments"].count_documents({"site": first.site}) == 0
    assert windshift["statuses"].find_one({"_id": "ws:shipped"}) == THERE["statuses"]

    windshift["items"].delete_one({"_id": "ws:2"})
    for collection in ("items", "comments"):
        windshift[collection].delete_one({"_id": (edited if collection == "items" else comment)["_id"]})
    assert reasons(await undo(world, first.id), why="still_used") == {}
    assert contents(world) == before
    for collection, document in THERE.items():
        windshift[collection].delete_one({"_id": document["_id"]})


@BOTH
async def test_what_two_imports_brought(world: World, jira_of: JiraOf, options: SimulatorOptions) -> None:
    jira = await jira_of(options)
    start = contents(world)
    ops = await run_import(world, jira, project_keys=["OPS"])
    alone = contents(world)
    sim = await run_import(world, jira, project_keys=["SIM"])
    told = await undo(world, sim.id)
    updated = reasons(told, why="updated")
    assert {kind for kind, ids in updated.items() if ids} <= {"user", "link"}, updated
    if not updated:
        assert contents(world) == alone
    async with world.wizard() as wizard:
        report = await wizard.report(ops.id)
    assert (report["balanced"], report["identical"]) == (True, True), report

    sim = await run_import(world, jira, project_keys=["SIM"])
    told = await undo(world, ops.id)
    assert set(reasons(told, why="also_imported")) >= {"user", "status", "issue_type"}
    async with world.wizard() as wizard:
        report = await wizard.report(sim.id)
    assert (report["balanced"], report["identical"]) == (True, True), report
    await undo(world, sim.id)
    async with world.wizard() as wizard:
        assert (await undone(wizard, ops.id))["kept"] == {}
    assert contents(world) == start


@BOTH
async def test_a_delta(world: World, jira_of: JiraOf, options: SimulatorOptions) -> None:
    jira = await jira_of(options)
    start = contents(world)
    first = await run_import(world, jira)
    (edited, added) = await jira.edit(
        {"op": "edit", "key": "SIM-11", "fields": {"summary": "edited"}},
        {"op": "add", "project": "OPS", "fields": {"summary": "new"}},
    )
    second = await run_import(world, jira)
    told = await undo(world, second.id)
    assert told["removed"]["issue"] == 1
    assert edited in reasons(told, why="updated")["issue"]
    assert world.windshift["items"].count_documents({"site": first.site, "jira_id": added}) == 0
    assert world.windshift["items"].count_documents({"site": first.site, "title": "edited"}) == 1
    async with world.wizard() as wizard:
        assert (await wizard.report(first.id))["identical"]

    third = await run_import(world, jira)
    assert {project.get("goes_on_from") for project in third.job["projects"]} == {None}
    assert_completed(third)
    await assert_holds_all(world.windshift, jira, third.site)
    told = await undo(world, first.id)  # what the others need stays, and goes with the last of them
    assert set(told["kept"]["issue"]) <= {"also_imported", "still_used"}
    await undo(world, third.id)
    async with world.wizard() as wizard:
        await undone(wizard, first.id)
        await undone(wizard, second.id)
    assert contents(world) == start


async def test_the_connector_dies_in_the_middle(world: World, jira_of: JiraOf) -> None:
    before = contents(world)
    ended = await run_import(world, await jira_of(CLOUD))
    left = [_count(world, ended)]
    world.stack.kill("connector")
    try:
        for pages in (1, 5):
            await die_after(world, ended, pages=pages)
            left.append(_count(world, ended))
    finally:
        await world.stack.start("connector")
    assert left[0] > left[1] > left[2] > 0
    async with world.wizard() as wizard:
        told = await undone(wizard, ended.id)
    assert contents(world) == before
    assert told["removed"]["comment"] == sum(
        project["kinds"]["comment"]["jira"] for project in ended.report["projects"]
    )
    assert told["kept"] == {}


def _count(world: World, ended: Ended) -> int:
    collections = set(COLLECTION_OF.values())
    return sum(world.windshift[name].count_documents({"site": ended.site}) for name in collections)


async def die_after(world: World, ended: Ended, *, pages: int) -> None:
    """Run a connector until it has removed so many pages."""
    points = {"FAIL_POINTS": f"undo.removed:kill@{pages}"}
    overrides = {**world.stack.overrides, **points}
    connector = Service(
        name="connector", logs=world.stack.logs, wiring=world.stack.wiring, overrides=overrides
    )
    with suppress(StartFailedError):  # it goes on with what the last one left, and may die of that at once
        async with Wizard(await connector.start(), world.stack.wiring.api_token) as wizard:
            with suppress(RefusedError, httpx.TransportError):
                await wizard.undo(ended.id)
    assert connector.child
    async with asyncio.timeout(PATIENCE):
        while connector.child.running:
            await asyncio.sleep(0.05)


async def test_an_import_that_is_cancelled_in_the_middle(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(CLOUD)
    before = contents(world)
    await jira.faults({"kind": "slow", "route": "POST /rest/api/3/issue/bulkfetch", "after": 1, "ms": 3000})

    async def steps(wizard: Wizard, job_id: str) -> None:
        await in_the_middle(wizard, job_id)
        with pytest.raises(RefusedError, match="409 The job is running"):
            await wizard.undo(job_id)
        await wizard.steer(job_id, "pause")
        await wizard.undo(job_id)
        for path in ("resume", "pause", "cancel"):
            with pytest.raises(RefusedError, match="409 The job is und"):
                await wizard.steer(job_id, path)

    cancelled = await run_import(world, jira, steps, project_keys=["SIM"])
    async with world.wizard() as wizard:
        await undone(wizard, cancelled.id)
    assert contents(world) == before


async def test_another_import_of_the_site_holds_it_up(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(CLOUD)
    first = await run_import(world, jira, project_keys=["OPS"])
    await jira.faults({"kind": "slow", "route": "POST /rest/api/3/issue/bulkfetch", "ms": 2000})

    async def steps(wizard: Wizard, job_id: str) -> None:
        with pytest.raises(RefusedError, match=f"409 Job {job_id} is importing from the same site"):
            await wizard.undo(first.id)

    second = await run_import(world, jira, steps, project_keys=["SIM"])
    assert_completed(second)
    async with world.wizard() as wizard:
        await wizard.undo(first.id)
        connection = str((await wizard.connect(jira.url, jira.login))["connection_id"])
        refused = await wizard.job(
            await wizard.start(connection, ["SIM"], await wizard.analyze(connection, ["SIM"]))
        )
        assert (refused["state"], f"Job {first.id}" in refused["error_message"]) == ("failed", True)
        await undone(wizard, first.id)
    await undo(world, second.id)
