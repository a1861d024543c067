"""Whole imports through real processes: everything arrives, once, and stays when it comes again."""

import asyncio

import pytest

from deploy.embedded.places import ROOT
from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.up import description
from deploy.embedded.wizard import Wizard
from shared.ids import site_id
from tests.e2e.conftest import JiraOf
from tests.e2e.holdings import assert_holds_all, digest, issues_of
from tests.e2e.real import ends_outside
from tests.e2e.running import Ended, World, assert_completed, in_the_middle, run_import
from tests.support.simulator import SimulatedJira

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

MEGABYTES = 150  # at most, for each service
DATACENTER = SimulatorOptions(
    deployment="datacenter",
    issues=240,
    projects=2,
    attachment_max_bytes=400_000,
    extra=("--context-path", "/jira", "--same-minute", "70", "--embedded-comments", "20"),
)
CLOUD = SimulatorOptions(deployment="cloud", issues=500, projects=2, latency_ms=30, seed=3)
FILES = [ROOT.parent / "shared/jira/data" / f"{name}.ndjson.gz" for name in ("daemon", "mod")]
REAL = SimulatorOptions(deployment="datacenter", data=",".join(map(str, FILES)), attachment_max_bytes=20_000)
READS_ISSUES = {"cloud": "POST /rest/api/3/issue/bulkfetch", "datacenter": "POST /rest/api/2/search"}
# Some requests for issues wait, so that there is a middle.
HOLD = {"kind": "slow", "after": 2, "times": 2, "ms": 5000}
DYING = ("loader", "fetcher-1")

needs_real_files = pytest.mark.skipif(
    not all(file.exists() for file in FILES), reason="needs files of real issues in ../shared/jira/data"
)


async def test_cloud_with_a_scoped_token(world: World) -> None:
    ended = await run_import(world, world.jira)
    assert_completed(ended)
    await assert_measured(world, issues=len(await issues_of(world.jira)))
    await assert_holds_all(world.windshift, world.jira, ended.site)
    await assert_nothing_is_written_again(world, world.jira)
    assert_small(world)


async def test_data_center(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(DATACENTER)
    ended = await run_import(world, jira)
    assert_completed(ended)
    await assert_holds_all(world.windshift, jira, ended.site)
    await assert_nothing_is_written_again(world, jira)
    assert_small(world)


async def test_a_fetcher_and_the_loader_die_in_the_middle(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(CLOUD)
    ended = await import_with_deaths(world, jira)
    assert_completed(ended)
    await assert_holds_all(world.windshift, jira, ended.site)


@needs_real_files
async def test_a_fetcher_and_the_loader_die_amid_real_issues(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(REAL)
    ended = await import_with_deaths(world, jira)
    assert_completed(ended)
    await assert_holds_all(world.windshift, jira, ended.site, outside=ends_outside(FILES))
    await assert_nothing_is_written_again(world, jira)
    assert_small(world)


async def test_what_up_says_of_the_stack(world: World) -> None:
    said = description(world.stack)
    assert said["simulator"] == world.stack.simulator_url
    assert said["pids"].keys() == {*world.stack.services, "kafka", "mongo", "simulator"}


async def assert_nothing_is_written_again(world: World, jira: SimulatedJira) -> None:
    before = digest(world.windshift)
    ended = await run_import(world, jira)
    assert_completed(ended)
    assert ended.written == 0
    assert digest(world.windshift) == before


async def import_with_deaths(world: World, jira: SimulatedJira) -> Ended:
    """Kill a fetcher and the loader while some issues are loaded and others not; start them again."""
    total = len(await issues_of(jira))

    async def deaths(wizard: Wizard, job_id: str) -> None:
        await in_the_middle(wizard, job_id)
        for name in DYING:
            world.stack.kill(name)
        loaded = world.windshift["items"].count_documents({"site": site_id(jira.url)})
        assert 0 < loaded < total
        await jira.reset()
        await asyncio.gather(*(world.stack.start(name) for name in DYING))

    hold = HOLD | {"route": READS_ISSUES[jira.login.deployment_type]}
    return await run_import(world, jira, deaths, faults=[hold])


def assert_small(world: World) -> None:
    peaks = world.peak_memory()
    assert max(peaks.values()) <= MEGABYTES, peaks


async def assert_measured(world: World, *, issues: int) -> None:
    """After the first import of a stack, what the services count is what that import did."""
    measured = {name: await world.metrics(name) for name in world.stack.services}
    fetchers = [measured["fetcher-1"], measured["fetcher-2"]]
    fetched = ("jira_import_entities_fetched_total", 'kind="issue"')
    assert sum(one.get(fetched, 0) for one in fetchers) == issues
    assert all(one[("jira_import_end_to_end_seconds_count", "")] == 0 for one in fetchers)
    loaded = ("jira_import_entities_loaded_total", 'kind="issue",outcome="inserted"')
    assert measured["loader"][loaded] == issues
    assert measured["loader"][("jira_import_end_to_end_seconds_count", "")] > 0
    assert measured["connector"][("jira_import_imports_total", 'state="completed"')] == 1
    assert measured["connector"][("jira_import_last_success_timestamp_seconds", "")] > 0
