"""A mapping through real processes: at the start, anew without a request to Jira, and back again."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.wizard import Wizard
from shared.ids import field_id
from shared.mongo import Document
from shared.sink import MAPPED
from tests.e2e.conftest import JiraOf
from tests.e2e.running import WITHIN, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

JIRA = SimulatorOptions(deployment="datacenter", issues=120, projects=2, attachment_max_bytes=2_000)
DONE = {"jiraIds": ["10002"], "jiraName": "Done", "windshiftId": "ws:done", "createNew": False}
POINTS = {"jiraId": "customfield_10016", "jiraName": "Story Points"}
THERE: dict[str, Document] = {
    "statuses": {"_id": "ws:done", "name": "Finished"},
    "custom_fields": {"_id": "ws:effort", "name": "Effort", "field_type": "number"},
}


async def ended(wizard: Wizard, job_id: str, *, remapped: bool = False) -> dict[str, Any]:
    """Wait until a job, or its remap, is through."""
    async with asyncio.timeout(WITHIN):
        while True:
            job = await wizard.job(job_id)
            if (job["remap"]["state"] if remapped else job["state"]) not in ("queued", "running"):
                return job
            await asyncio.sleep(0.05)


def hashes(world: World, site: str) -> dict[str, str]:
    """What the store holds of a site, apart from the originals that are kept aside."""
    return {
        document["_id"]: document["hash"]
        for name in world.windshift.list_collection_names()
        if name != MAPPED
        for document in world.windshift[name].find({"site": site, "hash": {"$exists": True}}, {"hash": 1})
    }


async def test_a_mapping_is_honoured_and_can_be_changed_without_jira(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(JIRA)
    for collection, document in THERE.items():
        world.windshift[collection].insert_one(dict(document))
    first = {
        "statuses": [DONE],
        "customFields": [POINTS | {"action": "map", "windshiftId": "ws:effort"}],
    }
    async with world.wizard() as wizard:
        connection = str((await wizard.connect(jira.url, jira.login))["connection_id"])
        analysis = await wizard.analyze(connection, ["SIM", "OPS"])
        job_id = await wizard.start(connection, ["SIM", "OPS"], analysis, first)
        job = await ended(wizard, job_id)
        site = world.state["imports"].find_one({"_id": job_id})["site"]  # type: ignore[index]
        before = hashes(world, site)
        items = list(world.windshift["items"].find({"site": site}))
        report = await wizard.report(job_id)
        await jira.reset()
        await wizard.remap(job_id, {"customFields": [POINTS | {"action": "skip"}]})
        other = await ended(wizard, job_id, remapped=True)
        changed = list(world.windshift["items"].find({"site": site}))
        await wizard.remap(job_id, first)
        again = await ended(wizard, job_id, remapped=True)
        asked = await jira.requests()

    assert job["state"] == "completed", job
    assert report["balanced"], report
    done = f"{site}:status:10002"
    assert Counter(one["status_id"] for one in items)["ws:done"] > 0
    assert done not in {one["status_id"] for one in items}
    assert world.windshift["statuses"].find_one({"_id": "ws:done"}) == THERE["statuses"]
    assert world.windshift["custom_fields"].find_one({"_id": "ws:effort"}) == THERE["custom_fields"]
    assert world.windshift["custom_fields"].find_one({"_id": field_id(site, "customfield_10016")}) is None
    assert any("ws:effort" in one["custom_fields"] for one in items)

    assert done in {one["status_id"] for one in changed}
    assert not any("ws:effort" in one["custom_fields"] for one in changed)
    assert other["remap"]["done"] == other["remap"]["total"] == len(items)
    assert other["remap"]["changed"] > 0

    assert again["remap"]["state"] == "completed"
    after = hashes(world, site)
    assert {id_: after[id_] for id_ in before} == before
    assert after.keys() - before.keys() == {done}  # what the other mapping created stays
    assert sum(asked.values()) == 0, asked
