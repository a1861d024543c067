"""The site changes while it is read: what comes out is what the site has when the reading ends."""

from collections import defaultdict
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from shared.contracts.events import EntityFetched
from shared.holdings import Holdings, holdings
from shared.kinds import EntityKind
from shared.state.ledger import TaskState
from tests.support.fetching import Fetcher, Run, Runs
from tests.support.simulator import SimulatedJira, Simulators

FLAGS = ("--no-attachments", "--no-hub-issue")
CLOUD = {"deployment": "cloud", "extra": FLAGS}
DATACENTER = {"deployment": "datacenter", "extra": (*FLAGS, "--same-minute", "7")}
DEPLOYMENTS = pytest.mark.parametrize("deployment", [CLOUD, DATACENTER], ids=["cloud", "datacenter"])
LISTS = {"cloud": "POST /rest/api/3/search/jql", "datacenter": "POST /rest/api/2/search"}
READS = {"cloud": "POST /rest/api/3/issue/bulkfetch", "datacenter": "POST /rest/api/2/search"}
OF_ISSUES = {
    "issues": EntityKind.ISSUE,
    "comments": EntityKind.COMMENT,
    "worklogs": EntityKind.WORKLOG,
    "histories": EntityKind.HISTORY,
    "links": EntityKind.LINK,
}


async def jira_with(simulators: Simulators, deployment: dict[str, Any], *, seed: int) -> SimulatedJira:
    """A Jira that no other test changes."""
    return await simulators(SimulatorOptions(issues=20, projects=2, seed=seed, **deployment))


async def read(run: Run, fetcher: Fetcher, *rules: dict[str, Any], listing_page: int = 3) -> None:
    """Read everything, three issues a page, while the rules change the site."""
    await run.jira.faults(*({"kind": "edit", "times": 1, **rule} for rule in rules))
    async with fetcher(listing_page=listing_page, issues_per_task=3, tasks_at_once=1):
        await run.request()
        await run.fetched()


def before_read(jira: SimulatedJira, number: int, *edits: dict[str, Any]) -> dict[str, Any]:
    """Change the site just before issues are read for so many times; all of them are listed by then."""
    deployment = jira.options.deployment
    listed = 1 if deployment == "datacenter" else 0  # there both are searches
    return {"route": READS[deployment], "after": number - 1 + listed, "edits": list(edits)}


async def held(run: Run, project: str = "SIM") -> Holdings:
    return await holdings(run.state, f"{run.id}/{project}")


async def assert_holds_what_is_there(run: Run) -> None:
    """The ids that the ledger names are those that the site has, and no failure is told of."""
    for project in run.projects:
        found = await held(run, project)
        for name, kind in OF_ISSUES.items():
            truth = set(await run.jira.truth(project, name))
            assert set(found.present.get(kind, ())) == truth, (project, name)
            assert truth <= run.ids(kind, project), (project, name)
        assert await run.letters(project) == []
        assert await run.tasks(state=TaskState.FAILED) == []


def newest(run: Run, kind: EntityKind) -> dict[str, EntityFetched]:
    """The last that was published of each thing."""
    return {entity.id: entity for entity in run.entities if entity.kind is kind}


@DEPLOYMENTS
async def test_one_of_ten_issues_is_edited_between_pages(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, deployment: dict[str, Any]
) -> None:
    jira = await jira_with(simulators, deployment, seed=41)
    run = await runs.of(jira)
    edit = {"op": "edit", "key": "SIM-2", "fields": {"summary": "edited behind the reader"}}
    late = {"op": "comment", "key": "SIM-3", "body": "late"}
    await read(run, fetcher, before_read(jira, 4, edit, late), listing_page=100)
    issues = newest(run, EntityKind.ISSUE)
    (edited,) = [one for one in issues.values() if (one.payload or {})["key"] == "SIM-2"]
    assert (edited.payload or {})["fields"]["summary"] == "edited behind the reader"
    await assert_holds_what_is_there(run)


@DEPLOYMENTS
@pytest.mark.parametrize("after", [1, 2, 4])
async def test_issues_come_and_go_during_the_walk(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, deployment: dict[str, Any], after: int
) -> None:
    jira = await jira_with(simulators, deployment, seed=50 + after)
    run = await runs.of(jira)
    edits = [
        {"op": "delete", "key": "SIM-1"},
        {"op": "hide", "key": "SIM-5"},
        {"op": "delete", "key": "SIM-9"},
        {"op": "add", "project": "SIM", "fields": {"summary": "new"}},
        {"op": "add", "project": "SIM", "created": 0, "fields": {"summary": "of old, imported just now"}},
    ]
    await read(run, fetcher, {"route": LISTS[deployment["deployment"]], "after": after, "edits": edits})
    await assert_holds_what_is_there(run)


@DEPLOYMENTS
async def test_issues_that_vanish_between_being_listed_and_being_read_are_gone(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, deployment: dict[str, Any]
) -> None:
    jira = await jira_with(simulators, deployment, seed=61)
    run = await runs.of(jira)
    gone = await jira.truth("SIM", "issues")
    edits = [{"op": "delete", "key": "SIM-1"}, {"op": "hide", "key": "SIM-10"}]
    await read(run, fetcher, before_read(jira, 1, *edits), listing_page=100)
    left = await jira.truth("SIM", "issues")
    assert set((await held(run)).gone[EntityKind.ISSUE]) == set(gone) - set(left)
    await assert_holds_what_is_there(run)


@DEPLOYMENTS
@pytest.mark.parametrize("after", [2, 7, 12])
async def test_issues_that_move_between_projects_are_in_one_of_them(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, deployment: dict[str, Any], after: int
) -> None:
    jira = await jira_with(simulators, deployment, seed=70 + after)
    run = await runs.of(jira, "SIM", "OPS")
    edits = [
        {"op": "move", "key": "SIM-2", "project": "OPS"},
        {"op": "move", "key": "OPS-9", "project": "SIM"},
    ]
    await read(run, fetcher, {"after": after, "edits": edits})
    await assert_holds_what_is_there(run)
    for issue in newest(run, EntityKind.ISSUE).values():
        fields = (issue.payload or {})["fields"]
        project = fields["project"]["key"]
        assert issue.id in await jira.truth(project, "issues")
    gone = {project: set((await held(run, project)).gone) for project in run.projects}
    assert gone == {"SIM": set(), "OPS": set()}  # nothing: both are in Windshift


@DEPLOYMENTS
async def test_what_was_moved_out_of_sight_is_gone(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, deployment: dict[str, Any]
) -> None:
    jira = await jira_with(simulators, deployment, seed=81)
    run = await runs.of(jira, "SIM")
    moved = await jira.truth("SIM", "issues")
    edits = [{"op": "move", "key": "SIM-2", "project": "OPS"}]
    await read(run, fetcher, before_read(jira, 2, *edits), listing_page=100)
    left = await jira.truth("SIM", "issues")
    assert set((await held(run)).gone[EntityKind.ISSUE]) == set(moved) - set(left)
    await assert_holds_what_is_there(run)


async def test_a_quiet_site_is_read_once(simulators: Simulators, runs: Runs, fetcher: Fetcher) -> None:
    jira = await jira_with(simulators, CLOUD, seed=91)
    run = await runs.of(jira)
    await read(run, fetcher)
    published: dict[EntityKind, list[str]] = defaultdict(list)
    for entity in run.entities:
        published[entity.kind].append(entity.id)
    for kind in OF_ISSUES.values():
        assert len(published[kind]) == len(set(published[kind])), kind
    asked = await jira.requests()
    assert asked[READS["cloud"]] == 4
    await assert_holds_what_is_there(run)
