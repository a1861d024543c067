"""Things that are huge, in sizes that a suite has time for: they arrive, hold up nobody, and need no memory.

`tests/bench/huge.py` has the larger sizes.
"""

import time
from collections.abc import Sequence
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.wizard import Wizard
from shared.ids import site_id
from tests.e2e.conftest import JiraOf
from tests.e2e.holdings import assert_holds_all
from tests.e2e.running import World
from tests.e2e.test_imports import assert_small

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

LARGE_FILE = 30_088  # of issue #12 of the first of two projects
HUGE = (
    *("--hub-comments", "5000", "--hub-worklogs", "300", "--hub-description", "5000000"),
    *("--file-size", f"{LARGE_FILE}={64 * 2**20}"),
)
PROJECTS = 5_000
MANY = 60
PATIENCE = 30.0  # seconds, after which Windshift's own server gives up


async def imported(wizard: Wizard, connection: str, keys: Sequence[str]) -> dict[str, Any]:
    """Import some projects; return the report."""
    job_id = await wizard.start(connection, list(keys), await wizard.analyze(connection, list(keys)))
    job = await wizard.ended(job_id)
    assert job["state"] == "completed", job
    return await wizard.report(job_id)


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_a_huge_issue_and_a_huge_file_arrive_and_another_project_ends_before_them(
    world: World, jira_of: JiraOf, deployment: str
) -> None:
    jira = await jira_of(SimulatorOptions(deployment=deployment, issues=60, projects=2, extra=HUGE))
    async with world.wizard() as wizard:
        connection = (await wizard.connect(jira.url, jira.login))["connection_id"]
        report = await imported(wizard, connection, ["SIM", "OPS"])
    assert report["identical"] is True, report
    runs = world.state["import_projects"].find({"import_id": report["job_id"]})
    ends = {run["project_key"]: run["loaded_at"] for run in runs}
    assert ends["OPS"] < ends["SIM"]
    await assert_holds_all(world.windshift, jira, site_id(jira.url))
    assert_small(world)


async def test_two_projects_of_a_site_with_thousands(world: World, jira_of: JiraOf) -> None:
    jira = await jira_of(SimulatorOptions(issues=2 * PROJECTS, projects=PROJECTS))
    async with world.wizard() as wizard:
        began = time.monotonic()
        connection = (await wizard.connect(jira.url, jira.login))["connection_id"]
        projects = await wizard.projects(connection)
        assert time.monotonic() - began < PATIENCE
        assert len(projects) == PROJECTS
        report = await imported(wizard, connection, ["PROJ4000", "SIM"])
    assert report["identical"] is True, report
    assert [project["kinds"]["issue"]["jira"] for project in report["projects"]] == [2, 2]
    assert_small(world)


async def test_many_projects_in_one_import(world: World, jira_of: JiraOf) -> None:
    """Each has eight tasks or more, and the mappings of all of them come in one request."""
    lean = ("--bare", "--no-hub-issue", "--no-attachments")
    jira = await jira_of(SimulatorOptions(issues=MANY, projects=MANY, extra=lean))
    async with world.wizard() as wizard:
        connection = (await wizard.connect(jira.url, jira.login))["connection_id"]
        keys = [project["key"] for project in await wizard.projects(connection)]
        report = await imported(wizard, connection, keys)
    assert report["identical"] is True, report
    assert [project["kinds"]["issue"]["jira"] for project in report["projects"]] == [1] * MANY
    assert_small(world)
