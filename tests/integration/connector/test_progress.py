"""Progress events from the real broker, folded into jobs and streamed to whoever follows."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from shared.contracts.channels import PROGRESS
from shared.contracts.events import (
    BatchLoaded,
    Event,
    KindAccount,
    ProjectLoaded,
)
from shared.kafka import publish_all
from shared.kinds import EntityKind, State, TaskKind
from shared.settings import KafkaSettings
from shared.state.dead_letters import DeadLetter
from shared.state.ledger import Task
from shared.state.sites import SharedCoolDown
from tests.support.connector import ROUTES, Connector, eventually
from tests.support.patience import PATIENCE

ISSUE, COMMENT = EntityKind.ISSUE, EntityKind.COMMENT
ACCOUNT = KindAccount(jira=10, windshift=10, missing=0, dead_lettered=0)


@pytest.fixture
async def job(connector: Connector, cloud: str) -> str:
    """An import of OPS and SIM that a fetcher has begun."""
    started = await connector.start(await connector.connection(cloud), "OPS", "SIM")
    await connector.context.state.imports.set_state(started["job_id"], State.RUNNING)
    return str(started["job_id"])


async def tell(connector: Connector, *events: Event | bytes, key: bytes = b"") -> None:
    messages = [
        (key, event)
        if isinstance(event, bytes)
        else (PROGRESS.key_of(event), event.model_dump_json().encode())
        for event in events
    ]
    await publish_all(connector.context.broker, PROGRESS, messages)


def batch(job: str, first: int, last: int, **more: Any) -> BatchLoaded:
    loaded = {ISSUE: 3, COMMENT: 2}
    fields = {"written": 5, "dead_lettered": 0} | more
    return BatchLoaded(
        import_id=job,
        project_key="SIM",
        partition=0,
        first_offset=first,
        last_offset=last,
        loaded=loaded,
        **fields,
    )


def loaded(job: str, key: str, **kinds: KindAccount) -> ProjectLoaded:
    accounts = {EntityKind(kind): account for kind, account in kinds.items()} or {ISSUE: ACCOUNT}
    return ProjectLoaded(import_id=job, project_key=key, kinds=accounts)


async def test_a_job_from_batches_to_completed(connector: Connector, job: str) -> None:
    replayed = batch(job, 0, 4)
    await tell(connector, replayed, replayed, batch(job, 5, 9))

    async def six() -> Any:
        found = await connector.json("GET", f"jobs/{job}")
        return found if found["progress"]["imported_issues"] >= 6 else None

    running = await eventually(six)
    assert running["status"] == "running"
    assert running["phase"] == "importing_project"
    assert running["progress"]["imported_comments"] == 4
    assert [project["key"] for project in running["projects"]] == ["OPS", "SIM"]

    await tell(connector, loaded(job, "OPS"))
    sent = perf_counter()
    await tell(connector, loaded(job, "SIM"))

    async def completed() -> Any:
        found = await connector.json("GET", f"jobs/{job}")
        return found if found["status"] == "completed" else None

    done = await eventually(completed)
    assert perf_counter() - sent < 1.0  # 0.03 s on two idle cores
    assert done["state"] == "completed"
    assert done["progress"]["completed_projects"] == done["progress"]["total_projects"] == 2
    assert done["progress"]["imported_issues"] == done["progress"]["total_issues"] == 20
    assert done["progress"]["failed_issues"] == 0
    again = await connector.start((await connector.json("GET", "connections"))[0]["id"], "SIM")
    assert again["status"] == "queued"  # the projects are free for the next import


async def test_what_did_not_arrive_shows_as_failed_on_a_completed_job(connector: Connector, job: str) -> None:
    lost = KindAccount(jira=10, windshift=8, missing=1, dead_lettered=1)
    await tell(connector, loaded(job, "OPS"), loaded(job, "SIM", comment=lost))

    async def ended() -> Any:
        found = await connector.json("GET", f"jobs/{job}")
        return found if found["status"] != "running" else None

    done = await eventually(ended)
    assert (done["status"], done["state"]) == ("completed", "completed_with_errors")
    assert done["progress"]["failed_issues"] == 2


async def test_a_record_that_is_no_event_goes_to_the_dead_letters(
    connector: Connector, job: str, kafka_settings: KafkaSettings
) -> None:
    poison = f"not an event of {job}".encode()
    await tell(connector, poison, key=job.encode())
    await tell(connector, loaded(job, "OPS"), loaded(job, "SIM"))

    async def completed() -> bool:
        return bool((await connector.json("GET", f"jobs/{job}"))["status"] == "completed")

    await eventually(completed)
    consumer = AIOKafkaConsumer(
        PROGRESS.dead_letter_topic,
        bootstrap_servers=kafka_settings.bootstrap_servers,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        async with asyncio.timeout(PATIENCE):
            while (record := await consumer.getone()).value != poison:
                pass
    finally:
        await consumer.stop()
    assert record.key == job.encode()


async def stream(connector: Connector, job: str, last: str | None = None) -> list[dict[str, str]]:
    """Read a stream to its end; events as their fields."""
    headers = {"Last-Event-ID": last} if last else {}
    response = await connector.ask("GET", f"jobs/{job}/events", headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in response.text.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


async def test_events_are_streamed_replayed_and_ended(connector: Connector, job: str) -> None:
    following = asyncio.create_task(stream(connector, job))
    await tell(connector, batch(job, 0, 4), batch(job, 0, 4), loaded(job, "OPS"), loaded(job, "SIM"))
    seen = await asyncio.wait_for(following, 15)

    assert [event["event"] for event in seen] == ["batch_loaded", "project_loaded", "project_loaded", "end"]
    assert json.loads(seen[0]["data"])["loaded"] == {"issue": 3, "comment": 2}
    end = json.loads(seen[-1]["data"])
    assert end == await connector.json("GET", f"jobs/{job}")
    rest = await stream(connector, job, last=seen[0]["id"])
    assert rest == seen[1:]
    assert await stream(connector, job, last="not an id") == seen


async def test_what_comes_in_the_middle_of_a_look_is_not_slept_through(connector: Connector) -> None:
    events = connector.context.events
    heard = events.rings
    await events.ring()
    async with asyncio.timeout(PATIENCE):
        await events.wait(10 * PATIENCE, heard)


async def test_a_job_says_what_it_waits_for_and_for_how_long(connector: Connector, job: str) -> None:
    state, following = connector.context.state, asyncio.create_task(stream(connector, job))
    import_ = await state.imports.get(job)
    assert import_ is not None
    tasks = [Task(job, "SIM", TaskKind.ISSUES, f"{number:06d}", site=import_.site) for number in range(5)]
    await state.ledger.register(tasks)
    for _ in range(10):
        await state.imports.task_done(job, "SIM", TaskKind.ISSUES, {})
    before = await connector.json("GET", f"jobs/{job}")
    assert before["waiting_for"] is None
    minute = datetime.now(UTC) + timedelta(seconds=60)
    await state.sites.cool_down(SharedCoolDown(site=import_.site, family="", until=minute))

    async def limited() -> Any:
        found = await connector.json("GET", f"jobs/{job}")
        return found if found["waiting_for"] == "jira_limit" else None

    held = await eventually(limited)
    assert held["eta_seconds"] > 50
    await tell(connector, loaded(job, "OPS"), loaded(job, "SIM"))
    seen = await asyncio.wait_for(following, 15)
    outlook, *_ = [event for event in seen if event["event"] == "outlook"]
    assert json.loads(outlook["data"])["waiting_for"] == "jira_limit"
    assert "id" not in outlook
    done = await connector.json("GET", f"jobs/{job}")
    assert (done["waiting_for"], done["eta_seconds"]) == (None, None)


async def test_following_a_job_that_does_not_exist(connector: Connector) -> None:
    response = await connector.ask("GET", "jobs/null/events")

    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


async def test_the_report_lists_what_is_missing_by_id(connector: Connector, job: str) -> None:
    state, store = connector.context.state, connector.context.store
    task = Task(job, "SIM", TaskKind.ISSUES, "000001")
    failed = Task(job, "SIM", TaskKind.COMMENTS, "7-0")
    await state.ledger.register([task, failed])
    await state.ledger.finish(task, {ISSUE: ["1", "2", "3"], COMMENT: ["9"]})
    await state.ledger.fail(failed, "Jira answered 500 six times")
    import_ = await state.imports.get(job)
    assert import_ is not None
    site = import_.site
    await store.windshift["items"].insert_one({"_id": f"{site}:issue:1"})
    await store.windshift["comments"].insert_one({"_id": f"{site}:comment:9"})
    letter = DeadLetter(
        import_id=job, project_key="SIM", kind=ISSUE, id="2", stage="load", code="x", reason="too odd"
    )
    await state.dead_letters.add([letter])
    await tell(connector, loaded(job, "OPS"), loaded(job, "SIM"))

    async def ended() -> Any:
        found = await connector.json("GET", f"jobs/{job}/report")
        return found if found["state"] == "completed" else None

    report = await eventually(ended)
    assert report["balanced"] is False
    (_, project) = report["projects"]
    assert project["kinds"]["issue"] == {
        "jira": 3,
        "windshift": 1,
        "missing": ["3"],
        "extra": None,
        "different": ["1"],
        "dead_lettered": [{"id": "2", "reason": "too odd"}],
        "gone": [],
        "to_create": [],
        "totals": {
            "missing": 1, "extra": None, "different": 1, "dead_lettered": 1, "gone": 0, "to_create": 0,
        },
    }  # fmt: skip
    assert project["kinds"]["comment"]["missing"] == []
    assert project["tasks_failed"] == [
        {"id": failed.id, "kind": "comments", "reason": "Jira answered 500 six times"}
    ]
    await store.windshift["items"].insert_one({"_id": f"{site}:issue:3"})
    table = await connector.ask("GET", f"jobs/{job}/report", headers={"Accept": "text/plain"})
    assert table.text.endswith("completed: balanced, the two sides differ\n")
    assert "SIM      issue" in table.text


async def test_a_request_while_a_stream_is_open_is_answered(connector: Connector, job: str) -> None:
    following = asyncio.create_task(stream(connector, job))
    response: httpx.Response = await connector.http.get(ROUTES + "jobs")
    assert response.status_code == 200
    connector.context.events.close()  # as at SIGTERM
    assert await asyncio.wait_for(following, 5) == []
