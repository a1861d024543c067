"""At least once: whatever is delivered again, dies halfway or pauses, the end state is the same."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.embedded.loopback import loopback
from deploy.embedded.mongo import MongoServer
from deploy.embedded.simulator import SimulatorOptions
from shared.contracts.channels import FETCH_TASK, IMPORT_REQUESTED
from shared.contracts.events import FetchTask
from shared.kinds import EntityKind, State, TaskKind
from shared.mongo import open_store
from shared.poison import MESSAGE
from shared.settings import KafkaSettings, MongoSettings
from shared.state import ensure_indexes
from shared.state.ledger import Fate, Task, task_of
from tests.integration.fetcher.test_whole_imports import assert_complete
from tests.support.fetching import Fetcher, Run, Runs, Wire, fetcher_settings, running_fetcher
from tests.support.simulator import SimulatedJira, Simulators

CLOUD = SimulatorOptions(deployment="cloud", issues=90, projects=1, seed=5)
SCOPED = SimulatorOptions(deployment="cloud-scoped", issues=90, projects=1, seed=5)
DATACENTER = SimulatorOptions(deployment="datacenter", issues=90, projects=1, seed=5)
CONTENT = "GET /rest/api/3/attachment/content/{id}"
OF_AN_ISSUE_HERE = {EntityKind.ISSUE, EntityKind.COMMENT, EntityKind.WORKLOG, EntityKind.ATTACHMENT}
BULK = "POST /rest/api/3/issue/bulkfetch"
SEARCH = "POST /rest/api/2/search"


async def fetched(run: Run, fetcher: Fetcher) -> None:
    async with fetcher(issues_per_task=20):
        await run.request()
        await run.fetched()


@pytest.mark.parametrize(
    ("options", "rule", "words"),
    [
        (CLOUD, {"kind": "expire", "route": BULK, "after": 1, "times": 1}, "Client must be authenticated"),
        (SCOPED, {"kind": "expire", "route": BULK, "after": 1, "times": 1}, "Unauthorized"),
        (
            DATACENTER,
            {"kind": "expire", "route": SEARCH, "after": 2, "times": 1},
            "Client must be authenticated",
        ),
        (CLOUD, {"kind": "403", "route": BULK, "after": 1}, "You do not have permission to do this."),
    ],
    ids=["cloud", "scoped", "datacenter", "forbidden"],
)
async def test_a_dead_credential_pauses_the_import_and_loses_nothing(
    simulators: Simulators,
    runs: Runs,
    fetcher: Fetcher,
    options: SimulatorOptions,
    rule: dict[str, object],
    words: str,
) -> None:
    jira = await simulators(options)
    run = await runs.of(jira)
    await jira.faults(rule)
    async with fetcher(issues_per_task=20, tasks_at_once=1):
        await run.request()
        paused = await run.reaches(State.PAUSED)
        assert words in (paused.error_message or "")
        assert "nothing is lost" in (paused.error_message or "")
        await run.wire.until(lambda: bool(run.changes()), "the connector is told")
        (change,) = run.changes()
        assert (change.state, change.reason) == (State.PAUSED, paused.error_message)
        assert await run.letters() == []
        await jira.reset()  # the credential works again
        await run.state.imports.set_state(run.id, State.RUNNING, only_from=(State.PAUSED,))
        await run.send(*await run.pending())
        await run.fetched()
    await assert_complete(run, jira)


async def test_a_renewed_credential_is_used_by_a_fetcher_that_did_not_see_the_old_one_die(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    """Another fetcher paused the import: this one still holds an open session with the old token."""
    jira = await simulators(CLOUD)
    run = await runs.of(jira)
    async with fetcher(issues_per_task=10, tasks_at_once=1):
        await run.request()
        await run.wire.until(lambda: bool(run.ids(EntityKind.ISSUE)), "the first issues")
        await run.state.imports.set_state(run.id, State.PAUSED)
        await _read_to_the_end(run)
        assert len(await run.pending()) > 1
        await _let_die(jira)
        new = f"new-{run.connection.id}"
        await run.use_token("partial-token", connection_id=new)  # another one, which sees the first project
        await run.send(*await run.pending())
        await run.fetched()
    await assert_complete(run, jira)
    assert run.changes() == []


async def _read_to_the_end(run: Run) -> None:
    """Return when nothing that was published before is in anybody's hands."""
    key = run.id.encode() + b"-end"
    for partition in range(12):
        await run.wire.producer.send(FETCH_TASK.topic, b"", key=key, partition=partition)
    await run.wire.buried(12, key)


async def _let_die(jira: SimulatedJira) -> None:
    await jira.faults({"kind": "expire", "route": "GET /rest/api/3/myself", "times": 1})
    async with loopback() as http:
        answer = await http.get(
            f"{jira.url}/rest/api/3/myself", auth=(jira.login.email, jira.login.api_token)
        )
    assert answer.status_code == 401


async def test_a_project_that_an_anonymous_caller_cannot_see_means_a_dead_credential(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    """A 400 says that the project does not exist; only /myself says that nobody is logged in."""
    jira = await simulators(CLOUD)
    run = await runs.of(jira)
    await jira.faults(
        {"kind": "error", "error": "cloud-jql-syntax", "route": "POST /rest/api/3/search/jql"},
        {"kind": "401", "route": "GET /rest/api/3/myself"},
    )
    async with fetcher():
        await run.request()
        await run.reaches(State.PAUSED)
    assert [letter for letter in await run.letters() if letter.kind == EntityKind.ISSUE] == []
    assert TaskKind.LIST in {task.kind for task in await run.pending()}


@pytest.mark.parametrize("options", [CLOUD, DATACENTER], ids=lambda options: options.deployment)
async def test_delivered_again_after_the_end_nothing_happens(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, options: SimulatorOptions
) -> None:
    jira = await simulators(options)
    run = await runs.of(jira)
    await fetched(run, fetcher)
    before, published = await run.tasks(), len(run.entities)
    project = await run.state.imports.project(run.id, "SIM")
    await jira.reset()
    async with fetcher(issues_per_task=20):
        await run.request()
        await run.send(*map(task_of, before))
        await _read_to_the_end(run)
    assert len(run.entities) == published
    assert await run.state.imports.project(run.id, "SIM") == project, "not even a marker was sent"
    assert await run.tasks() == before
    assert await jira.requests() == {}


async def test_several_workers_with_the_same_tasks_come_to_the_same_end(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(
        SimulatorOptions(deployment="cloud", issues=60, projects=1, seed=6, attachment_max_bytes=600_000)
    )
    run = await runs.of(jira)
    async with fetcher(issues_per_task=20), fetcher(issues_per_task=20):
        await run.request()
        sent: set[str] = set()
        while await run.pending() or not sent:
            for task in await run.pending():
                if task.id not in sent:
                    await _on_several_partitions(run, task)
                    sent.add(task.id)
        await run.fetched()
    await assert_complete(run, jira)
    assert Counter(task["state"] for task in await run.tasks()) == {"done": len(await run.tasks())}


async def _on_several_partitions(run: Run, task: Task) -> None:
    """Past the key, so that both fetchers get the task at the same time."""
    event = FetchTask(import_id=run.id, task_id=task.id, project_key=task.project_key, kind=task.kind)
    for partition in (0, 3, 6, 9):
        await run.wire.producer.send(FETCH_TASK.topic, event.model_dump_json().encode(), partition=partition)
    await run.wire.producer.flush()


def _all_twice(run: Run, once: Counter[EntityKind]) -> bool:
    again = Counter(entity.kind for entity in run.entities)
    return all(again[kind] >= 2 * once[kind] for kind in OF_AN_ISSUE_HERE)


@pytest.mark.parametrize("options", [CLOUD, DATACENTER], ids=lambda options: options.deployment)
async def test_a_crash_between_publishing_and_marking_done_repeats_and_changes_nothing(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, options: SimulatorOptions
) -> None:
    jira = await simulators(options)
    run = await runs.of(jira)
    await fetched(run, fetcher)
    before = [(task["_id"], task.get("manifest")) for task in await run.tasks()]
    published, markers = run.entities, run.markers()
    await jira.reset()
    tasks = await run.forget_end(*await run.tasks(round=0))
    async with fetcher(issues_per_task=20):
        await run.send(*tasks)
        await run.fetched(after=markers)
    assert [(task["_id"], task.get("manifest")) for task in await run.tasks()] == before
    assert {(e.kind, e.id) for e in run.entities} == {(e.kind, e.id) for e in published}
    once = Counter(e.kind for e in published)
    assert once.keys() >= OF_AN_ISSUE_HERE
    await run.wire.until(lambda: _all_twice(run, once), "everything is really done again")
    asked = await jira.requests()
    assert not [route for route in asked if "attachment" in route], "the bytes are stored already"
    assert not [route for route in asked if "jql" in route], "the ids are in the ledger already"
    await assert_complete(run, jira)


async def test_a_listing_repeated_after_deletions_cuts_the_same_tasks(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(
        SimulatorOptions(deployment="cloud", issues=60, projects=1, seed=7, extra=("--no-attachments",))
    )
    run = await runs.of(jira)
    async with fetcher(issues_per_task=20, listing_page=25):
        await run.request()
        await run.fetched()
        before = [(task["_id"], task["spec"], task["listing"]) for task in await run.tasks()]
        markers = run.markers()
        deleted = await jira.edit(*({"op": "delete", "key": f"SIM-{number}"} for number in (3, 4, 30)))
        await run.send(*await run.forget_end(*await run.tasks(round=0)))
        await run.fetched(after=markers)
    assert [(task["_id"], task["spec"], task["listing"]) for task in await run.tasks()] == before
    assert await run.letters() == []
    absent = [id_ for task in await run.tasks() for id_ in task.get(Fate.ABSENT, ())]
    assert sorted(absent) == sorted(deleted)


async def test_a_store_that_is_away_for_a_moment_costs_nothing(
    simulators: Simulators, wire: Wire, kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    jira = await simulators(
        SimulatorOptions(deployment="cloud", issues=120, projects=1, seed=5, latency_ms=20)
    )
    server = MongoServer(folder=tmp_path, logs=tmp_path)
    settings = MongoSettings(url=SecretStr(await server.start()))
    try:
        async with open_store(settings) as store:
            await ensure_indexes(store)
            run = await Runs(store, wire).of(jira)
            config = fetcher_settings(kafka_settings, settings, issues_per_task=10, tasks_at_once=2)
            async with running_fetcher(config):
                await run.request()
                await wire.until(lambda: len(run.ids(EntityKind.ISSUE)) >= 30, "the first issues")
                server.kill()
                await server.start()
                await run.fetched()
            await assert_complete(run, jira)
            assert wire.dead(run.id.encode()) == []
    finally:
        await server.stop()


async def test_poison_goes_to_the_dead_letters_and_its_partition_goes_on(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jira = await simulators(SimulatorOptions(deployment="cloud", issues=20, projects=1, seed=5))
    run = await runs.of(jira)
    unknown = FetchTask(
        import_id=run.id, task_id=f"{run.id}/SIM/list/999999", project_key="SIM", kind=TaskKind.LIST
    )
    key = run.id.encode() + b"-poison"
    poison = [
        b"\xff\x00 not JSON",
        b"{}",
        b"[]",
        b'{"type": "fetch_task"',
        unknown.model_dump_json().encode(),
        unknown.model_dump_json().replace("fetch_task", "another").encode(),
    ]
    async with fetcher():
        for partition in range(12):  # before the import, on each partition that it can use
            await run.wire.producer.send(FETCH_TASK.topic, b"poison", key=key + b"-each", partition=partition)
        for value in [*poison, None]:  # None: a tombstone
            await run.wire.producer.send(FETCH_TASK.topic, value, key=key)
        await run.wire.producer.send(IMPORT_REQUESTED.topic, b"not an import", key=key)
        await run.wire.producer.flush()
        await run.request()
        await run.fetched()
        buried = await run.wire.buried(12 + len(poison) + 1, key)
        (refused,) = await run.wire.buried(1, key, IMPORT_REQUESTED)
    assert Counter(bytes(record.value) for record in buried) == Counter([*poison, b"", *[b"poison"] * 12])
    assert Counter(record.key for record in buried) == {key: len(poison) + 1, key + b"-each": 12}
    for record in [*buried, refused]:
        headers = dict(record.headers)
        assert {"x-error", "x-reason", "x-origin"} <= headers.keys()
    (lost,) = [record for record in buried if record.value == poison[4]]
    assert dict(lost.headers)["x-reason"].decode() == f"Task {unknown.task_id} is not in the ledger"
    told = {letter.id for letter in await run.letters() if letter.kind == MESSAGE}
    named = [record for record in buried if record.value in poison[4:]]  # these say of which import they are
    assert told == {dict(record.headers)["x-origin"].decode() for record in named}
    await assert_complete(run, jira)


async def test_what_is_buried_is_committed(
    simulators: Simulators, runs: Runs, fetcher: Fetcher, wire: Wire
) -> None:
    """The next fetcher of the group does not see the poison again."""
    jira = await simulators(SimulatorOptions(deployment="cloud", issues=20, projects=1, seed=5))
    run = await runs.of(jira)
    key = run.id.encode() + b"-once"
    async with fetcher():
        await wire.producer.send(FETCH_TASK.topic, b"once", key=key)
        await wire.buried(1, key)
    async with fetcher():
        await run.request()
        await run.fetched()
    assert len(wire.dead(key)) == 1


async def test_a_slow_answer_holds_up_no_other_task_and_is_not_passed_by(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    """All others end meanwhile; the fetcher then dies, and the next one gets what was under way."""
    jira = await simulators(SimulatorOptions(deployment="cloud", issues=90, projects=2, seed=5))
    slow, quick = await runs.of(jira, "SIM"), await runs.of(jira, "OPS")
    await jira.faults({"kind": "slow", "route": "GET /rest/api/3/project/{projectIdOrKey}",
                       "contains": "/10000", "ms": 20_000, "times": 1})  # fmt: skip
    async with fetcher(issues_per_task=10, tasks_at_once=2):
        await slow.request()
        await slow.wire.until(lambda: len(slow.ids(EntityKind.ISSUE)) > 0, "the first issues")
        await quick.request()
        await quick.fetched()

        async def all_but_one() -> bool:
            return [task.kind for task in await slow.pending()] == [TaskKind.PROJECT]

        await slow.wire.until(all_but_one, "all else of the slow one")
        for task in asyncio.all_tasks():
            if "Dispatcher._work" in repr(task):
                task.cancel()  # as a crash does: nothing is said to anybody
    async with fetcher():
        await slow.fetched()
    await assert_complete(slow, jira)
    await assert_complete(quick, jira)
