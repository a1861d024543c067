"""Whole imports through real processes: everything arrives, once, and stays when it comes again."""

import asyncio
from collections.abc import Sequence

import pytest

from deploy.embedded.places import ROOT
from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.wizard import Wizard
from shared.ids import site_id
from tests.e2e.conftest import JiraOf
from tests.e2e.holdings import assert_holds_all, digest, issues_of
from tests.e2e.real import ends_outside
from tests.e2e.running import Ended, World, assert_completed, in_the_middle, run_import
from tests.support.simulator import SimulatedJira

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

MEGABYTES = 150  # at most, for each service
DATACENTER = SimulatorOptions(
    deployment="datacenter",
    issues=360,
    projects=2,
    attachment_max_bytes=400_000,
    extra=("--context-path", "/jira", "--same-minute", "70", "--embedded-comments", "20"),
)
MANY = SimulatorOptions(deployment="cloud", issues=800, projects=2, latency_ms=30, seed=3)
FILES = [ROOT.parent / "shared/jira/data" / f"{name}.ndjson.gz" for name in ("daemon", "mod")]
REAL = SimulatorOptions(deployment="datacenter", data=",".join(map(str, FILES)), attachment_max_bytes=20_000)
READS_ISSUES = {"cloud": "POST /rest/api/3/issue/bulkfetch", "datacenter": "POST /rest/api/2/search"}
HOLD = {"kind": "slow", "after": 2, "times": 2, "ms": 8000}
DYING = ("loader", "fetcher-1")

needs_real_files = pytest.mark.skipif(
    not all(file.exists() for file in FILES), reason="needs files of real issues in ../shared/jira/data"
)


async def test_cloud_with_a_scoped_token(world: World) -> None:
    ended = await run_import(world, world.jira)
    assert_completed(ended)
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


@needs_real_files
async def test_real_issues(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(REAL)
    ended = await run_import(world, jira)
    assert_completed(ended)
    await assert_holds_all(world.windshift, jira, ended.site, outside=ends_outside(FILES))
    await assert_nothing_is_written_again(world, jira)
    assert_small(world)


async def test_a_fetcher_and_the_loader_die_in_the_middle(world: World, jira_of: JiraOf) -> None:
    """Of two imports at once, generated and real; both end as if nothing had happened."""
    kinds = [REAL, MANY] if all(file.exists() for file in FILES) else [MANY]
    jiras = [await jira_of(options) for options in kinds]
    imports = []
    async with asyncio.TaskGroup() as group:
        for jira in jiras:
            middle = asyncio.Event()
            imports.append(group.create_task(held_import(world, jira, middle)))
            await middle.wait()
        await deaths(world, jiras)
    for jira, ended in zip(jiras, [one.result() for one in imports], strict=True):
        assert_completed(ended)
        outside = ends_outside(FILES) if jira.options is REAL else None
        await assert_holds_all(world.windshift, jira, ended.site, outside=outside)


async def assert_nothing_is_written_again(world: World, jira: SimulatedJira) -> None:
    before = digest(world.windshift)
    ended = await run_import(world, jira)
    assert_completed(ended)
    assert ended.written == 0
    assert digest(world.windshift) == before


async def held_import(world: World, jira: SimulatedJira, middle: asyncio.Event) -> Ended:
    """Import from a Jira that keeps two requests for issues waiting, so that there is a middle."""
    held = HOLD | {"route": READS_ISSUES[jira.login.deployment_type]}

    async def reach_the_middle(wizard: Wizard, job_id: str) -> None:
        await jira.faults(held)
        await in_the_middle(wizard, job_id)
        middle.set()

    return await run_import(world, jira, reach_the_middle)


async def deaths(world: World, jiras: Sequence[SimulatedJira]) -> None:
    """Kill a fetcher and the loader while each import has loaded some issues, not all; start them again."""
    total = [len(await issues_of(jira)) for jira in jiras]
    for name in DYING:
        world.stack.kill(name)
    loaded = [world.windshift["items"].count_documents({"site": site_id(jira.url)}) for jira in jiras]
    assert all(0 < some < every for some, every in zip(loaded, total, strict=True)), (loaded, total)
    await asyncio.gather(*(jira.reset() for jira in jiras))
    await asyncio.gather(*(world.stack.start(name) for name in DYING))


def assert_small(world: World) -> None:
    peaks = world.peak_memory()
    assert max(peaks.values()) <= MEGABYTES, peaks
