"""Dead letters through the API: paged, and tried again; what the fetchers are then told."""

from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from services.connector.redo import redo
from shared.contracts.channels import PROGRESS
from shared.contracts.events import KindAccount, ProjectLoaded
from shared.kafka import publish_all
from shared.kinds import EntityKind, State, TaskKind
from shared.settings import KafkaSettings, MongoSettings
from shared.state.chores import Chore, ChoreKind
from shared.state.dead_letters import Choice, DeadLetter, Way
from shared.state.ledger import Task, TaskState
from shared.state.retries import Retry
from tests.integration.connector.test_steering import events, published, tasks
from tests.support.connector import Connector, eventually, running_connector, settings_of

__all__ = ["tasks"]

LOST = KindAccount(jira=3, windshift=1, missing=0, dead_lettered=2)
WHOLE = KindAccount(jira=3, windshift=3, missing=0, dead_lettered=0)


@pytest.fixture
async def job(connector: Connector, cloud: str) -> str:
    """An import of OPS and SIM that has ended: a task of SIM failed, and Windshift refused two things."""
    started = await connector.start(await connector.connection(cloud), "OPS", "SIM")
    job = str(started["job_id"])
    state = connector.context.state
    issues = Task(job, "SIM", TaskKind.ISSUES, "000000.000", {"ids": ["10", "11", "12"]})
    await state.ledger.register([issues])
    await state.ledger.fail(issues, "Gone")
    await state.dead_letters.add(
        [
            letter(job, "issue", "10", issue_id="10", task=issues.id, jira_message="Not there"),
            letter(job, "issue", "11", issue_id="11", task=issues.id, jira_message="Not there"),
            letter(job, "status", "3", stage="load", code="refused_by_store", payload="{}"),
            letter(job, "comment", "77", stage="load", code="unreadable", issue_id="12"),
            letter(job, "status", "4", stage="load", code="unreadable"),
        ]
    )
    for key, account in (("OPS", WHOLE), ("SIM", LOST)):
        await state.imports.close_project(job, key, {EntityKind.ISSUE: account})
    await state.imports.set_state(job, State.COMPLETED_WITH_ERRORS)
    return job


def letter(job: str, kind: str, id_: str, **more: Any) -> DeadLetter:
    given = {"stage": "fetch", "code": "task_failed", "reason": "why", **more}
    return DeadLetter.model_validate(
        {"import_id": job, "project_key": "SIM", "kind": kind, "id": id_, **given}
    )


async def entered(connector: Connector, job: str) -> dict[str, dict[str, Any]]:
    """The tasks of SIM that wait, by the end of their ids."""
    pending = connector.context.state.ledger.pending(job, "SIM")
    return {task.id.removeprefix(f"{job}/SIM/"): dict(task.spec) async for task in pending}


async def idle(connector: Connector) -> None:
    async def done() -> bool:
        return await connector.context.state.imports.owing() == []

    await eventually(done)


async def test_letters_are_shown_with_what_is_known_of_them(connector: Connector, job: str) -> None:
    page = await connector.json("GET", f"jobs/{job}/dead-letters?limit=3")
    assert (page["total"], page["retriable"], page["next"]) == (5, 4, "SIM/issue/11")
    comment, issue, _ = page["dead_letters"]
    assert (comment["name"], comment["replay"], comment["issue_id"]) == ("SIM/comment/77", "issue", "12")
    assert (issue["reason"], issue["jira_message"], issue["stage"]) == ("why", "Not there", "fetch")
    assert issue["payload"] == {"kept_in": "task", "id": f"{job}/SIM/issues/000000.000"}
    rest = await connector.json("GET", f"jobs/{job}/dead-letters?limit=3&after={page['next']}")
    assert "next" not in rest
    kept, lost = rest["dead_letters"]
    assert kept["payload"] == {"kept_in": "letter", "id": "SIM/status/3"}
    assert "import the project again" in lost["no_replay"]
    for query, count in (("project=OPS", 0), ("kind=issue", 2), ("code=unreadable&kind=status", 1)):
        assert (await connector.json("GET", f"jobs/{job}/dead-letters?{query}"))["total"] == count
    assert (await connector.ask("GET", f"jobs/{job}/dead-letters?limit=0")).status_code == 400


async def test_what_failed_becomes_tasks_and_the_job_runs_again(
    connector: Connector, job: str, tasks: AIOKafkaConsumer
) -> None:
    state = connector.context.state
    answer = await connector.json("POST", f"jobs/{job}/retry")
    assert (answer["retried"], answer["passed_over"]) == (4, 1)
    assert (answer["job"]["state"], answer["job"]["retries"]) == ("running", 1)
    again = await connector.json("POST", f"jobs/{job}/retry")
    assert (again["message"], again["retried"]) == ("That is being tried again already.", 0)
    sent = [one.removeprefix(f"{job}/SIM/") for one in await published(tasks, job, 4)]
    assert sent[1:] == sorted(await entered(connector, job))[1:]
    found = await entered(connector, job)
    assert found["issues/2-0.000000.000"] == {"ids": ["10", "11"]}
    assert found["replay/2-000000"] == {}
    assert [spec for id_, spec in found.items() if "letters" in id_] == [{"ids": ["12"]}] * 2
    chosen = await state.dead_letters.chosen(f"{job}/SIM/replay/2-000000")
    assert [(one.name, one.way) for one in chosen] == [("SIM/status/3", Way.PAYLOAD)]
    await idle(connector)
    ops, sim = await state.imports.projects(job)
    assert (ops.state, ops.retries) == (State.COMPLETED, 0)
    assert (sim.state, sim.retries, sim.fetched_at) == (State.RUNNING, 1, None)
    failed = await state.ledger.get(f"{job}/SIM/issues/000000.000")
    assert failed is not None
    assert failed.state is TaskState.RETRIED
    assert ("running", None) in await events(connector, job)
    connection = (await connector.json("GET", "connections"))[0]["id"]
    refused = await connector.start(connection, "SIM")
    assert refused["state"] == "failed"
    assert f"being imported by job {job}" in refused["error_message"]


async def test_the_job_ends_with_the_account_of_its_retry_and_no_older_one(
    connector: Connector, job: str
) -> None:
    state = connector.context.state
    await connector.json("POST", f"jobs/{job}/retry")
    await idle(connector)

    async def tell(retry: int) -> None:
        event = ProjectLoaded(import_id=job, project_key="SIM", retry=retry, kinds={EntityKind.ISSUE: WHOLE})
        message = PROGRESS.key_of(event), event.model_dump_json().encode()
        await publish_all(connector.context.broker, PROGRESS, [message])

    async def seen(count: int) -> bool:
        told = [
            one async for one in connector.context.events.after(job, None) if one.type == "project_loaded"
        ]
        return len(told) == count

    await tell(0)  # a marker that was on its way
    await eventually(lambda: seen(1))
    assert await state.imports.state_of(job) is State.RUNNING
    assert (await state.imports.projects(job))[1].account[EntityKind.ISSUE] == LOST
    await tell(1)
    await eventually(lambda: seen(2))
    ended = await connector.json("GET", f"jobs/{job}")
    assert (ended["state"], ended["projects"][1]["state"]) == ("completed", "completed")
    connection = (await connector.json("GET", "connections"))[0]["id"]
    assert (await connector.start(connection, "SIM"))["status"] == "queued"


async def test_named_letters_are_tried_again_and_no_others(connector: Connector, job: str) -> None:
    names = ["SIM/issue/11", "SIM/issue/12"]
    unknown = await connector.ask("POST", f"jobs/{job}/dead-letters/replay", json={"names": names})
    assert (unknown.status_code, "'SIM/issue/12'" in unknown.json()["error"]) == (404, True)
    answer = await connector.json("POST", f"jobs/{job}/dead-letters/replay", json={"names": names[:1]})
    assert (answer["retried"], answer["passed_over"]) == (1, 0)
    await idle(connector)
    assert await entered(connector, job) == {"issues/2-0.000000.000": {"ids": ["11"]}}
    failed = await connector.context.state.ledger.get(f"{job}/SIM/issues/000000.000")
    assert failed is not None
    assert failed.state is TaskState.FAILED, "issue 10 is still missing"
    same = await connector.json("POST", f"jobs/{job}/dead-letters/replay", json={"names": names[:1]})
    assert same["retried"] == 0
    for path, body in (("retry", {}), ("dead-letters/replay", {"kind": "status"})):
        others = await connector.ask("POST", f"jobs/{job}/{path}", json=body)
        assert (others.status_code, "wait until it has ended" in others.json()["error"]) == (409, True)


async def test_another_connection_may_read_what_failed(connector: Connector, job: str, cloud: str) -> None:
    unknown = await connector.ask("POST", f"jobs/{job}/retry", json={"connection_id": "nope"})
    assert (unknown.status_code, unknown.json()["error"]) == (404, "connection not found")
    other = await connector.connection(cloud, "scoped-token")
    await connector.json("POST", f"jobs/{job}/retry", json={"connection_id": other})
    stored = await connector.context.state.imports.get(job)
    assert stored is not None
    assert (stored.connection_id, stored.state) == (other, State.RUNNING)


async def test_what_was_corrected_in_jira_is_read_from_there(connector: Connector, job: str) -> None:
    kept = letter(job, "comment", "78", stage="load", code="invalid_payload", issue_id="13", payload="{}")
    await connector.context.state.dead_letters.add([kept])
    body = {"code": "invalid_payload", "read_again": True}
    await connector.json("POST", f"jobs/{job}/dead-letters/replay", json=body)
    await idle(connector)
    found = await entered(connector, job)
    assert {id_.partition("/")[0] for id_ in found} == {"issues", "history"}
    assert list(found.values()) == [{"ids": ["13"]}] * 2


async def test_nothing_to_retry_changes_nothing(connector: Connector, job: str) -> None:
    bodies: list[dict[str, Any]] = [{"project": "OPS"}, {"names": []}, {"names": ["SIM/status/4"]}]
    for body in bodies:
        answer = await connector.json("POST", f"jobs/{job}/dead-letters/replay", json=body)
        assert (answer["retried"], answer["job"]["state"]) == (0, "completed_with_errors")
    assert answer["passed_over"] == 1
    assert "jobs/" in answer["message"]
    assert await connector.context.state.imports.owing() == []


NOT_LOADED = (State.QUEUED, State.PAUSED, State.FAILED, State.CANCELLED, State.UNDOING, State.UNDONE)


@pytest.mark.parametrize("state", NOT_LOADED)
async def test_a_job_that_did_not_end_is_refused(connector: Connector, job: str, state: State) -> None:
    await connector.context.state.imports.set_state(job, state)
    refused = await connector.ask("POST", f"jobs/{job}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "CONFLICT")
    assert refused.json()["error"].startswith(f"The job is {state}: what failed cannot be retried; ")


async def test_a_project_that_another_job_has_or_had_is_left_to_it(connector: Connector, job: str) -> None:
    connection = (await connector.json("GET", "connections"))[0]["id"]
    other = (await connector.start(connection, "SIM"))["job_id"]
    busy = await connector.ask("POST", f"jobs/{job}/retry")
    assert (busy.status_code, f"job {other}" in busy.json()["error"]) == (409, True)
    await connector.context.state.imports.set_state(other, State.COMPLETED)
    later = await connector.ask("POST", f"jobs/{job}/retry")
    assert (later.status_code, "the same projects since" in later.json()["error"]) == (409, True)


async def test_a_retry_whose_project_was_taken_in_the_same_moment_is_called_off(
    connector: Connector, job: str
) -> None:
    """Between the question whether it is free and the claim: the chore finds it taken."""
    state = connector.context.state
    connection = (await connector.json("GET", "connections"))[0]["id"]
    other = (await connector.start(connection, "SIM"))["job_id"]
    await state.retries.begin(job, Retry(number=1, choice=Choice()), [Chore(kind=ChoreKind.RETRY)])
    connector.context.chores.ring()
    await idle(connector)
    ended = await connector.json("GET", f"jobs/{job}")
    assert ended["state"] == "completed_with_errors"
    assert f"by job {other}" in ended["error_message"]
    assert await entered(connector, job) == {}
    assert await state.dead_letters.count(job, Choice(), waiting=True) == 4


async def test_a_retry_is_cancelled_for_good(connector: Connector, job: str) -> None:
    await connector.json("POST", f"jobs/{job}/retry")
    cancelled = await connector.json("POST", f"jobs/{job}/cancel")
    assert cancelled["state"] == "cancelled"
    await idle(connector)
    connection = (await connector.json("GET", "connections"))[0]["id"]
    assert (await connector.start(connection, "OPS", "SIM"))["status"] == "queued", "its projects are free"


async def test_projects_that_are_claimed_behind_the_cancelling_of_a_retry_are_free(
    connector: Connector, job: str
) -> None:
    imports = connector.context.state.imports
    assert await connector.context.state.retries.begin(job, Retry(number=1, choice=Choice()), [])
    await connector.json("POST", f"jobs/{job}/cancel")
    await imports.claim_again(job)  # by the chore, which had looked before
    cancelled = await imports.get(job)
    assert cancelled is not None
    await redo(cancelled, Chore(kind=ChoreKind.RETRY), connector.context)
    connection = (await connector.json("GET", "connections"))[0]["id"]
    assert (await connector.start(connection, "OPS", "SIM"))["status"] == "queued"


@pytest.fixture
async def half_done(connector: Connector, job: str) -> str:
    """A retry whose connector died when it had entered one task, and had handed out a part of the letters."""
    state = connector.context.state
    await state.dead_letters.choose(job, Choice(), by=f"{job}/retry/1")
    again = Task(job, "SIM", TaskKind.ISSUES, "0.000000.000", {"ids": ["10", "11"]}, round=2)
    await state.ledger.register([again])
    await state.dead_letters.hand_over(f"{job}/retry/1", again.id, kind="issue", id="10")
    chores = [Chore(kind=ChoreKind.RETRY), Chore(kind=ChoreKind.PUBLISH)]
    assert await state.retries.begin(job, Retry(number=1, choice=Choice()), chores)
    return job


async def test_a_retry_goes_on_in_the_next_connector(
    connector: Connector,
    half_done: str,
    tasks: AIOKafkaConsumer,
    kafka_settings: KafkaSettings,
    mongo_settings: MongoSettings,
    cloud: str,
) -> None:
    job = half_done
    async with running_connector(settings_of(kafka_settings, mongo_settings, gateway=cloud)):
        assert len(await published(tasks, job, 4)) == 4
        await idle(connector)
    state = connector.context.state
    found = await entered(connector, job)
    assert found["issues/2-0.000000.000"] == {"ids": ["10", "11"]}
    chosen = await state.dead_letters.chosen(f"{job}/SIM/issues/2-0.000000.000")
    assert [one.id for one in chosen] == ["10", "11"]
    assert await state.dead_letters.count(job, Choice(), waiting=True) == 0
