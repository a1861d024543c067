"""What failed is tried again after a fix, and nothing else; whoever dies meanwhile, everything arrives."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from deploy.embedded.wizard import RefusedError, Wizard
from shared.failpoints import VARIABLE
from tests.e2e.conftest import JiraOf
from tests.e2e.holdings import digest
from tests.e2e.running import WITHIN, Json, World, run_import
from tests.support.simulator import SimulatedJira

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CLOUD = SimulatorOptions(deployment="cloud", issues=60, projects=2, seed=11, attachment_max_bytes=10_000)
DATACENTER = SimulatorOptions(
    deployment="datacenter", issues=60, projects=2, seed=11, attachment_max_bytes=10_000
)
SEARCH = "POST /rest/api/3/search/jql"
READ = "POST /rest/api/3/issue/bulkfetch"
HISTORY = "POST /rest/api/3/changelog/bulkfetch"
FILE = "GET /rest/api/3/attachment/content/{id}"
MEDIA = "GET /media/file/{uuid}/binary"  # where Jira sends whoever asks for a file
COMMENTS = "GET /rest/api/3/issue/{issueIdOrKey}/comment"


def gone(route: str, **more: Any) -> Json:
    """A rule: Jira says 404, which is no trouble of the credential."""
    return {"kind": "404", "route": route, **more}


@dataclass(frozen=True)
class Job:
    """An import that ended with dead letters."""

    id: str
    wizard: Wizard
    jira: SimulatedJira
    world: World

    async def ended(self) -> Json:
        async with asyncio.timeout(WITHIN):
            return await self.wizard.ended(self.id)

    async def letters(self, **query: Any) -> list[Json]:
        found: list[Json] = (await self.wizard.dead_letters(self.id, **query))["dead_letters"]
        return found

    async def fixed(self) -> None:
        """From now on Jira works."""
        await self.jira.reset()

    async def assert_complete(self) -> None:
        job, report = await self.ended(), await self.wizard.report(self.id)
        assert (job["state"], job["progress"]["failed_issues"]) == ("completed", 0), job
        assert (report["balanced"], report["identical"]) == (True, True), report
        assert [one["tasks_failed_total"] for one in report["projects"]] == [0, 0]
        assert await self.letters() == []
        for project in report["projects"]:
            account = project["kinds"]
            for name, kind in (("issues", "issue"), ("comments", "comment"), ("attachments", "attachment")):
                truth = len(await self.jira.truth(project["key"], name))
                assert account.get(kind, {"windshift": 0})["windshift"] == truth, (project["key"], kind)


Failed = Callable[..., Awaitable[Job]]


@pytest.fixture
async def failed(world: World, jira_of: JiraOf) -> Any:
    """Run an import of a site of which some requests go wrong."""
    async with world.wizard() as wizard:

        async def run(options: SimulatorOptions, *rules: Json) -> Job:
            jira = await jira_of(options)
            connection = str((await wizard.connect(jira.url, jira.login))["connection_id"])
            keys = [one["key"] for one in await wizard.projects(connection)]
            analysis = await wizard.analyze(connection, keys)
            await jira.faults(*rules)
            job = Job(await wizard.start(connection, keys, analysis), wizard, jira, world)
            assert (await job.ended())["state"] == "completed_with_errors"
            return job

        yield run


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        (CLOUD, [gone(READ, times=1), gone(HISTORY, times=1), gone(COMMENTS, times=1), gone(FILE, times=3)]),
        (CLOUD, [gone(SEARCH)]),
        (DATACENTER, [gone("GET /secure/attachment/{id}/{name}", times=2)]),
        (DATACENTER, [gone("POST /rest/api/2/search", after=1, times=1)]),
    ],
    ids=["things", "lists", "files", "reads"],
)
async def test_what_failed_arrives_after_a_fix(
    failed: Failed, options: SimulatorOptions, rules: list[Json]
) -> None:
    job = await failed(options, *rules)
    assert await job.letters()
    await job.fixed()
    answer = await job.wizard.retry(job.id)
    assert answer["retried"] > 0
    assert answer["passed_over"] == 0
    await job.assert_complete()
    again = await job.wizard.retry(job.id)
    assert (again["retried"], again["job"]["state"]) == (0, "completed")
    later = await run_import(job.world, job.jira)
    assert {project.get("goes_on_from") for project in later.job["projects"]} == {job.id}
    assert (later.written, later.job["state"]) == (0, "completed")


async def test_only_what_failed_is_asked_for(failed: Failed) -> None:
    job = await failed(CLOUD, gone(FILE, times=1))
    (letter,) = await job.letters()
    assert (letter["code"], letter["replay"], letter["stage"]) == ("not_downloaded", "task", "fetch")
    before = digest(job.world.windshift)
    await job.fixed()
    await job.wizard.retry(job.id)
    await job.assert_complete()
    assert await job.jira.requests() == {FILE: 1, MEDIA: 1}, "nothing else is read"
    assert digest(job.world.windshift) != before


async def test_what_fails_again_has_its_newest_reason_and_is_tried_once_more(failed: Failed) -> None:
    job = await failed(CLOUD, gone(FILE, times=2))
    first, second = await job.letters()
    await job.jira.faults({"kind": "403", "route": FILE, "contains": first["id"]})
    await job.wizard.retry(job.id)
    assert (await job.ended())["state"] == "completed_with_errors"
    (left,) = await job.letters()
    assert (left["name"], left["at"] > first["at"]) == (first["name"], True)
    assert left["reason"] != first["reason"]
    assert second["name"] != first["name"]
    await job.fixed()
    await job.wizard.retry(job.id)
    await job.assert_complete()


async def test_what_came_in_between_is_read_and_nothing_is_taken_for_gone(failed: Failed) -> None:
    job = await failed(CLOUD, gone(COMMENTS, times=1))
    (letter,) = await job.letters()
    await job.fixed()
    await job.jira.edit({"op": "comment", "key": letter["issue_id"], "body": "late"})
    await job.wizard.retry(job.id)
    await job.assert_complete()
    report = await job.wizard.report(job.id)
    gone_by_kind = [kind["gone"] for one in report["projects"] for kind in one["kinds"].values()]
    assert [ids for ids in gone_by_kind if ids] == []


async def test_named_letters_and_no_others(failed: Failed) -> None:
    job = await failed(CLOUD, gone(READ, times=1))
    names = [letter["name"] for letter in await job.letters()]
    assert len(names) > 3
    await job.fixed()
    answer = await job.wizard.retry(job.id, names=names[:2])
    assert answer["retried"] == 2
    assert (await job.ended())["state"] == "completed_with_errors"
    assert [letter["name"] for letter in await job.letters()] == names[2:]
    await job.wizard.retry(job.id)
    await job.assert_complete()


async def test_what_windshift_could_not_take_is_sent_again_and_read_again_once_it_is_corrected(
    failed: Failed, world: World, jira_of: JiraOf
) -> None:
    jira = await jira_of(CLOUD)
    (odd,) = await jira.edit({"op": "edit", "key": "SIM-3", "fields": {"summary": {"not": "text"}}})
    ended = await run_import(world, jira)
    assert ended.job["state"] == "completed_with_errors"
    async with world.wizard() as wizard:
        job = Job(ended.id, wizard, jira, world)
        (letter,) = await job.letters()
        assert (letter["name"], letter["code"]) == (f"SIM/issue/{odd}", "invalid_payload")
        assert (letter["stage"], letter["replay"]) == ("load", "payload")
        await jira.edit({"op": "edit", "key": "SIM-3", "fields": {"summary": "text"}})
        await jira.reset()
        await wizard.retry(job.id)
        assert (await job.ended())["state"] == "completed_with_errors"
        assert (await job.letters())[0]["at"] > letter["at"], "it was sent again as it had been read"
        assert await jira.requests() == {}
        await wizard.retry(job.id, read_again=True)
        await job.assert_complete()


@pytest.mark.parametrize(
    ("victim", "point"),
    [
        ("connector", "retry.chosen:kill"),
        ("connector", "retry.handed_out:kill"),
        ("connector", "retry.opened:kill"),
        ("fetcher-1", "worker.published:kill"),
        ("fetcher-1", "worker.registered:kill"),
        ("fetcher-1", "planner.marked:kill"),
    ],
)
async def test_a_retry_survives_the_death_of_whoever_works_on_it(
    failed: Failed, world: World, victim: str, point: str
) -> None:
    job = await failed(CLOUD, gone(READ, times=1), gone(FILE, times=2))
    await job.fixed()
    others = ["fetcher-2"] if victim == "fetcher-1" else []
    for other in [*others, victim]:
        await world.stack.stop(other)
    await world.stack.start(victim, **{VARIABLE: point})
    async with world.wizard() as wizard:
        await wizard.retry(job.id)
    while world.stack.runs(victim):
        await asyncio.sleep(0.05)
    for other in [*others, victim]:
        await world.stack.start(other)
    await job.assert_complete()


async def test_a_retry_is_paused_resumed_and_asked_for_twice(failed: Failed) -> None:
    job = await failed(CLOUD, gone(READ, times=1))
    await job.jira.reset()
    await job.jira.faults({"kind": "slow", "route": READ, "ms": 3000, "times": 1})
    await job.wizard.retry(job.id)
    assert (await job.wizard.retry(job.id))["message"] == "That is being tried again already."
    await job.wizard.steer(job.id, "pause")
    with pytest.raises(RefusedError, match=r"409 .*resume it"):
        await job.wizard.retry(job.id)
    await job.wizard.steer(job.id, "resume")
    await job.assert_complete()
