"""A fetcher dies in each gap between two effects of its own; another one then comes to the same end."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from services.fetcher.planner import FIRST
from shared.contracts.channels import FETCH_TASK, IMPORT_REQUESTED
from shared.kinds import State
from shared.settings import KafkaSettings, MongoSettings
from shared.state.ledger import Task
from tests.integration.fetcher.test_whole_imports import assert_complete
from tests.support.dying import dying
from tests.support.fetching import KEY, Fetcher, Run, Runs
from tests.support.groups import pass_over
from tests.support.simulator import Simulators

CLOUD = SimulatorOptions(deployment="cloud", issues=40, projects=1, seed=2)
SOON = timedelta(seconds=3)
QUICK: dict[str, Any] = {
    "task_lease": timedelta(seconds=3),
    "sweep_interval": timedelta(seconds=0.2),
    "sweep_after": timedelta(seconds=1),
    "requeue_after": timedelta(seconds=1),
    "issues_per_task": 10,
}
VARIABLES = {
    name.upper(): f"PT{value.total_seconds()}S" if isinstance(value, timedelta) else str(value)
    for name, value in QUICK.items()
}


@pytest.fixture
async def run(simulators: Simulators, runs: Runs, kafka_bootstrap: str) -> Run:
    """An import; what other tests left in the topics would pass the fail points too."""
    await pass_over(kafka_bootstrap, "fetcher.imports", IMPORT_REQUESTED.topic)
    await pass_over(kafka_bootstrap, "fetcher.tasks", FETCH_TASK.topic)
    return await runs.of(await simulators(CLOUD))


@pytest.fixture
def quick_kafka(kafka_settings: KafkaSettings) -> KafkaSettings:
    """Whoever dies is missed after some seconds."""
    return kafka_settings.model_copy(update={"session_timeout": SOON})


async def dies_at(points: str, kafka: KafkaSettings, mongo: MongoSettings) -> None:
    key = base64.b64encode(KEY).decode()
    async with dying("fetcher", points, kafka, mongo, SECRETS__KEY=key, **VARIABLES) as process:
        await process.died()


@pytest.mark.parametrize(
    "point",
    [
        "planner.registered",  # the first tasks are entered, and nobody is told
        "worker.claimed",  # a task is taken, and nothing is done
        "worker.published",  # its things are published, and it is not marked
        "worker.published@3",
        "worker.registered",  # what follows is entered, and nobody is told
        "worker.registered@3",
        "worker.finished@3",  # it is marked, and what follows the last one of all is not looked at
        "planner.registered@2",  # the second look at the project is entered, and nobody is told
        "planner.marked",  # the marker is published, and nobody knows
    ],
)
async def test_a_fetcher_that_dies_in_a_gap(
    point: str, run: Run, fetcher: Fetcher, quick_kafka: KafkaSettings, mongo_settings: MongoSettings
) -> None:
    await run.request()
    name, _, times = point.partition("@")
    await dies_at(f"{name}:kill@{times or 1}", quick_kafka, mongo_settings)
    async with fetcher(**QUICK, kafka=quick_kafka):
        await run.fetched()
    await assert_complete(run, run.jira)
    repeated = [task["_id"] for task in await run.tasks() if task["claims"] > 1]
    assert len(repeated) <= 4, "those that were in hand, and no more"


async def test_a_sweeper_that_dies_before_it_publishes_what_it_put_off(
    run: Run, fetcher: Fetcher, quick_kafka: KafkaSettings, mongo_settings: MongoSettings
) -> None:
    tasks = [Task(run.id, "SIM", kind, "000000") for kind in FIRST]
    await run.state.ledger.register(tasks, untaken=timedelta())
    await run.state.imports.set_state(run.id, State.RUNNING)
    await dies_at("sweeper.put_off:kill", quick_kafka, mongo_settings)
    async with fetcher(**QUICK, kafka=quick_kafka):
        await run.fetched()
    await assert_complete(run, run.jira)


async def test_a_zombie_publishes_nothing_more_and_marks_nothing(
    run: Run, fetcher: Fetcher, quick_kafka: KafkaSettings, mongo_settings: MongoSettings
) -> None:
    """It stood still with a task in hand for so long that another one did the task."""
    key = base64.b64encode(KEY).decode()
    point = "worker.published:stop@5"
    async with dying("fetcher", point, quick_kafka, mongo_settings, SECRETS__KEY=key, **VARIABLES) as zombie:
        await run.request()
        await zombie.stands()
        async with fetcher(**QUICK, kafka=quick_kafka):
            await run.fetched()
            before = await run.tasks()
            published = len(run.entities)
            zombie.go_on()
            await zombie.says("LeaseLostError")
            assert await run.tasks() == before
            assert len(run.entities) == published
    await assert_complete(run, run.jira)


async def test_a_task_that_outlives_the_longest_poll_interval_keeps_its_fetcher_in_the_group(
    run: Run, fetcher: Fetcher, quick_kafka: KafkaSettings
) -> None:
    """Tasks are not what the consumer waits for: it goes on to poll, and nobody else is given the task."""
    impatient = quick_kafka.model_copy(update={"max_poll_interval": timedelta(seconds=1)})
    await run.jira.faults(
        {"kind": "slow", "route": "POST /rest/api/3/issue/bulkfetch", "times": 2, "ms": 4000}
    )
    async with fetcher(**QUICK, kafka=impatient), fetcher(**QUICK, kafka=impatient):
        await run.request()
        await run.fetched()
    await assert_complete(run, run.jira)
    assert {(task["claims"], task.get("losses", 0)) for task in await run.tasks()} == {(1, 0)}
