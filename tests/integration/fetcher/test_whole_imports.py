"""Whole imports against simulated Jiras: every id that is there is published, on all deployments."""

import orjson
import pytest

from deploy.embedded.account import COUNTED_BY_JIRA
from deploy.embedded.simulator import SimulatorOptions
from deploy.jira_simulator.data.content import media_uuid
from shared.blobs import Blobs
from shared.kinds import EntityKind
from shared.poison import MESSAGE
from tests.support.fetching import Fetcher, Run, Runs
from tests.support.simulator import SimulatedJira, Simulators

CLOUD = SimulatorOptions(deployment="cloud", issues=360, projects=2, attachment_max_bytes=400_000)
SCOPED = SimulatorOptions(deployment="cloud-scoped", issues=120, projects=2)
DATACENTER = SimulatorOptions(
    deployment="datacenter",
    issues=360,
    projects=2,
    attachment_max_bytes=400_000,
    extra=("--context-path", "/jira", "--search-cap", "50", "--window", "150", "--same-minute", "70",
           "--embedded-comments", "20"),
)  # fmt: skip


async def assert_complete(run: Run, jira: SimulatedJira) -> None:
    """Everything that Jira has is on the topic and in the ledger, and nothing is left to do."""
    for project in run.projects:
        ledger = await run.ledger(project)
        for word, name in COUNTED_BY_JIRA.items():
            kind = EntityKind(word)
            truth = set(await jira.truth(project, name))
            assert run.ids(kind, project) == truth, (project, name)
            assert ledger[kind] == truth, (project, name)
        assert await run.pending(project) == []
        assert [letter for letter in await run.letters(project) if letter.kind != MESSAGE] == []


@pytest.mark.parametrize("options", [CLOUD, SCOPED, DATACENTER], ids=lambda options: options.deployment)
async def test_everything_that_jira_has_is_published(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, options: SimulatorOptions
) -> None:
    jira = await simulators(options)
    run = await runs.of(jira, "SIM", "OPS")
    async with fetcher(issues_per_task=40, listing_page=50):
        await run.request()
        await run.fetched()
    await assert_complete(run, jira)
    assert_fullest_forms(run)
    assert_media_ids(run, cloud=options is not DATACENTER)


def assert_media_ids(run: Run, *, cloud: bool) -> None:
    """The media service's ids, which texts of Cloud have, were seen where the bytes came from."""
    files = {e.id: e.content.media_id for e in run.entities if e.content is not None}
    assert files == {id_: media_uuid(int(id_)) if cloud else None for id_ in files}
    assert files


def assert_fullest_forms(run: Run) -> None:
    """What issues show of a thing is not all: its own list says more, whichever was read first."""
    ranks = {e.id: e.payload["rank"] for e in run.entities if e.payload and "rank" in e.payload}
    assert ranks == {"10100": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
    projects = [e.payload for e in run.entities if e.kind is EntityKind.PROJECT and e.payload]
    keys = {tuple(project["projectKeys"]) for project in projects}
    assert keys == {("SIM",), ("OPS",)}
    by_project = {e.id for e in run.entities if e.payload and "projectId" in e.payload}
    assert by_project == run.ids(EntityKind.VERSION)


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_internal_comments_of_service_projects_and_the_own_lists_of_team_managed_ones(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, deployment: str
) -> None:
    """Data Center tells what is internal in a property only; same names have ids of their own."""
    jira = await simulators(SimulatorOptions(deployment=deployment, issues=160, projects=4, seed=4))
    run = await runs.of(jira, "OPS", "WEB", "APP")
    async with fetcher():
        await run.request()
        await run.fetched()
    await assert_complete(run, jira)
    comments = [e for e in run.entities if e.kind is EntityKind.COMMENT and e.project_key == "WEB"]
    internal = set(await jira.truth("WEB", "internal_comments"))
    assert {e.id for e in comments if (e.payload or {})["jsdPublic"] is not True} == internal != set()
    if deployment == "cloud":
        assert run.ids(EntityKind.STATUS, "APP").isdisjoint(run.ids(EntityKind.STATUS, "OPS"))
        assert run.ids(EntityKind.ISSUE_TYPE, "APP").isdisjoint(run.ids(EntityKind.ISSUE_TYPE, "OPS"))


@pytest.mark.timeout(300)
async def test_more_issues_than_data_center_pages_over(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    """Its own limits: pages of 1,000 and nothing behind 10,000; and 300 issues in one minute."""
    flags = ("--same-minute", "300", "--no-attachments", "--no-hub-issue")
    options = SimulatorOptions(deployment="datacenter", issues=10_500, projects=1, extra=flags)
    jira = await simulators(options)
    run = await runs.of(jira, time_zone="America/New_York")
    async with fetcher():
        await run.request()
        await run.wire.until(lambda: run.markers()["SIM"] > 0, "the marker", within=240)
    issues = set(await jira.truth("SIM", "issues"))
    assert len(issues) == 10_500
    assert run.ids(EntityKind.ISSUE) == issues
    assert (await run.ledger())[EntityKind.ISSUE] == issues
    assert len(run.ids(EntityKind.COMMENT)) == 3 * 10_500


async def test_an_issue_too_large_for_a_message_travels_through_the_blob_store(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(SimulatorOptions(deployment="datacenter", issues=10, projects=1, seed=9))
    text = "0123456789" * 150_000
    (large,) = await jira.edit({"op": "edit", "key": "SIM-3", "fields": {"description": text}})
    run = await runs.of(jira)
    async with fetcher():
        await run.request()
        await run.fetched()
    entity, *_ = [one for one in run.entities if one.kind is EntityKind.ISSUE and one.id == large]
    assert entity.payload is None
    assert entity.payload_blob is not None
    payload = orjson.loads(await Blobs(run.store).read(entity.payload_blob))
    assert payload["fields"]["description"] == text
    await assert_complete(run, jira)
