"""The account of an import names exactly what somebody changed by hand, on either side, and later too."""

import asyncio
from typing import Any

import pytest

from deploy.embedded.wizard import Wizard
from shared.kinds import EntityKind
from tests.e2e.conftest import JiraOf
from tests.e2e.holdings import documents
from tests.e2e.running import Json, Store, World, assert_completed, run_import
from tests.e2e.test_imports import CLOUD, REAL, needs_real_files

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_POLL = 0.05
SEARCH = "/rest/api/3/search/jql"
ENDS = ("source_id", "target_id")
LISTS = ("missing", "extra", "changed_in_windshift", "changed_in_jira")


@needs_real_files
async def test_what_was_changed_by_hand_is_named_and_nothing_else(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(REAL)
    ended = await run_import(world, jira)
    assert_completed(ended)

    by_hand = change_by_hand(world.windshift, ended.site)

    async with world.wizard() as wizard:
        report = await wizard.report(ended.id)
        assert (report["balanced"], report["identical"]) == (False, False)
        assert named(report, "missing", "extra", "different") == by_hand
        verified = await verify(wizard, ended.id)
        assert (verified["state"], verified["identical"]) == ("completed", False)
        assert named(verified, "missing", "extra", "different") == by_hand
        assert named(verified, *LISTS)["changed_in_jira"] == set()


def change_by_hand(store: Store, site: str) -> dict[str, set[tuple[str, str]]]:
    """Delete three documents, change two, add one; return them by the words of the report."""
    items, comments = (
        sorted((one["jira_id"] for one in documents(store, site, kind)), key=int)
        for kind in (EntityKind.ISSUE, EntityKind.COMMENT)
    )
    deleted = [("issue", items[3]), ("issue", items[-1]), ("comment", comments[50])]
    changed = [("issue", items[10]), ("comment", comments[7])]
    for kind, id_ in deleted:
        store[f"{_collection(kind)}"].delete_one({"_id": f"{site}:{kind}:{id_}"})
    store["items"].update_one({"_id": f"{site}:issue:{items[10]}"}, {"$set": {"title": "by hand"}})
    store["comments"].update_one({"_id": f"{site}:comment:{comments[7]}"}, {"$push": {"seen": 1}})
    copied = store["items"].find_one({"_id": f"{site}:issue:{items[20]}"})
    assert copied is not None
    store["items"].insert_one({**copied, "_id": f"{site}:issue:99999999", "jira_id": "99999999"})
    return {"missing": set(deleted), "extra": {("issue", "99999999")}, "different": set(changed)}


def _collection(kind: str) -> str:
    return {"issue": "items", "comment": "comments"}[kind]


async def test_what_jira_changed_later_is_named_whichever_connector_lives(
    world: World, jira_of: JiraOf
) -> None:
    jira = await jira_of(CLOUD)
    ended = await run_import(world, jira)
    assert_completed(ended)
    gone, edited, told = alone(world.windshift, ended.site)
    hanging = things_of(world.windshift, ended.site, gone)

    added, *_ = await jira.edit(
        {"op": "add", "project": "SIM", "fields": {"summary": "new"}},
        {"op": "delete", "key": gone["jira_key"]},
        {"op": "edit", "key": edited["jira_key"], "fields": {"summary": "changed"}},
        {"op": "comment", "key": told["jira_key"], "body": "a new one"},
    )

    async with world.wizard() as wizard:
        assert (await wizard.report(ended.id))["identical"] is True  # it knows what the import read
        await jira.faults({"kind": "slow", "route": SEARCH, "times": 1, "ms": 3000})
        before = (await jira.requests()).get(f"POST {SEARCH}", 0)
        await wizard.start_verification(ended.id)
        while (await jira.requests()).get(f"POST {SEARCH}", 0) == before:
            await asyncio.sleep(_POLL)
    world.stack.kill("connector")  # in the middle of it
    await world.stack.start("connector")
    async with world.wizard() as wizard:
        verified = await until_verified(wizard, ended.id)
    found = named(verified, *LISTS)
    comments = {one for one in found["missing"] if one[0] == "comment"}
    assert len(comments) == 1
    assert found == {
        "missing": {("issue", added), *comments},
        "extra": hanging,
        "changed_in_windshift": set(),
        "changed_in_jira": {("issue", edited["jira_id"]), ("issue", told["jira_id"])},
    }
    assert verified["requests"] < 40


def alone(store: Store, site: str) -> tuple[Json, Json, Json]:
    """Return three issues of SIM without links or children, whose deletion touches nothing else."""
    links = list(documents(store, site, EntityKind.LINK))
    items = [dict(one) for one in documents(store, site, EntityKind.ISSUE)]
    named = {one["parent_id"] for one in items} | {one[end] for one in links for end in ENDS}
    found = [one for one in items if one["jira_key"].startswith("SIM-") and one["_id"] not in named]
    return found[5], found[6], found[7]


def things_of(store: Store, site: str, item: Json) -> set[tuple[str, str]]:
    """Return an issue and what hangs on it, as far as Jira is asked for it again."""
    hanging = {
        (kind.value, one["jira_id"])
        for kind in (EntityKind.COMMENT, EntityKind.WORKLOG, EntityKind.ATTACHMENT)
        for one in documents(store, site, kind)
        if one["item_id"] == item["_id"]
    }
    return {("issue", item["jira_id"]), *hanging}


async def verify(wizard: Wizard, job_id: str) -> Json:
    await wizard.start_verification(job_id)
    return await until_verified(wizard, job_id)


async def until_verified(wizard: Wizard, job_id: str) -> Json:
    while (found := await wizard.verification(job_id))["state"] not in ("completed", "failed"):
        await asyncio.sleep(_POLL)
    return found


def named(account: Any, *lists: str) -> dict[str, set[tuple[str, str]]]:
    """Return what each list of an account names, as kind and id."""
    kinds = [(name, kind) for project in account["projects"] for name, kind in project["kinds"].items()]
    return {one: {(name, id_) for name, kind in kinds for id_ in kind[one] or ()} for one in lists}
