"""Comparing a job with a simulated Jira at a later time: from the request to what was found."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from services.connector.jira_access import JiraAccess
from services.connector.verify_loop import VerifyLoop
from shared.kinds import State
from shared.mongo import Store, open_store
from shared.settings import KafkaSettings, MongoSettings
from shared.state.verifications import Verification, Verifications, VerificationState
from tests.support.connector import CLOUD, PAT, Connector, eventually, running_connector, settings_of
from tests.support.simulator import Simulators

ENDED = (VerificationState.COMPLETED, VerificationState.FAILED)
SEARCH = "/rest/api/3/search/jql"


@pytest.fixture
async def job(connector: Connector, cloud: str) -> str:
    """An import of SIM that ended before anything was loaded."""
    started = await connector.start(await connector.connection(cloud), "SIM")
    await connector.context.state.imports.set_state(started["job_id"], State.COMPLETED)
    return str(started["job_id"])


async def ended(connector: Connector, job: str) -> Any:
    async def found() -> Any:
        answer = await connector.json("GET", f"jobs/{job}/verify")
        return answer if answer["state"] in ("completed", "failed") else None

    return await eventually(found)


async def verified(connector: Connector, job: str) -> Any:
    response = await connector.ask("POST", f"jobs/{job}/verify")
    assert response.status_code == 202, response.text
    return await ended(connector, job)


async def test_everything_is_missing_where_nothing_was_loaded(
    connector: Connector, job: str, simulators: Simulators
) -> None:
    jira = await simulators(CLOUD)
    before = await jira.requests()

    found = await verified(connector, job)

    assert (found["state"], found["identical"]) == ("completed", False)
    (project,) = found["projects"]
    for name, kind in {"issues": "issue", "comments": "comment", "attachments": "attachment"}.items():
        account, truth = project["kinds"][kind], await jira.truth("SIM", name)
        assert sorted(account["missing"]) == sorted(truth)
        assert (account["jira"], account["windshift"], account["against"]) == (len(truth), 0, "jira")
    assert found["issues_read"] == len(await jira.truth("SIM", "issues"))
    asked = await jira.requests()
    assert found["requests"] == sum(asked.values()) - sum(before.values())
    report = await connector.json("GET", f"jobs/{job}/report")
    assert report["verification"]["verification_id"] == found["verification_id"]
    assert report["verification"]["identical"] is False
    text = await connector.ask("GET", f"jobs/{job}/verify", headers={"Accept": "text/plain"})
    assert text.text.endswith("completed, the two sides differ\n")


async def test_a_second_request_joins_the_first(
    connector: Connector, job: str, simulators: Simulators
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": "slow", "route": SEARCH, "times": 1, "ms": 1000})

    first, second = [(await connector.ask("POST", f"jobs/{job}/verify")).json() for _ in range(2)]

    assert first["verification_id"] == second["verification_id"]
    await ended(connector, job)
    third = (await connector.ask("POST", f"jobs/{job}/verify")).json()
    assert third["verification_id"] != first["verification_id"]
    await ended(connector, job)


async def test_a_dead_credential_ends_it_with_jiras_words_and_a_new_one_helps(
    connector: Connector, job: str, cloud: str, simulators: Simulators
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": "expire", "route": SEARCH, "times": 1})

    failed = await verified(connector, job)

    assert failed["state"] == "failed"
    assert failed["error_message"]
    assert failed["projects"] == []
    await jira.reset()
    renewed = await connector.connection(cloud)
    await connector.ask("POST", f"jobs/{job}/verify", json={"connection_id": renewed})
    assert (await ended(connector, job))["state"] == "completed"


async def test_a_jira_that_is_unwell_for_a_moment_is_asked_again(
    connector: Connector, job: str, simulators: Simulators
) -> None:
    jira = await simulators(CLOUD)
    unwell = ("truncated-json", "503", "429-json")
    await jira.faults(*({"kind": kind, "route": SEARCH, "times": 1} for kind in unwell))

    assert (await verified(connector, job))["state"] == "completed"


async def test_what_cannot_be_verified(connector: Connector, cloud: str, datacenter: str) -> None:
    connection = await connector.connection(cloud)
    running = (await connector.start(connection, "SIM"))["job_id"]
    refused = (await connector.start(connection, "NOPE"))["job_id"]
    elsewhere = await connector.connection(datacenter, PAT, deployment="datacenter")
    asked = [
        (running, None, 409),
        (refused, None, 409),
        ("null", None, 404),
    ]
    for job, body, status in asked:
        response = await connector.ask("POST", f"jobs/{job}/verify", json=body)
        assert response.status_code == status, response.text
    assert (await connector.ask("GET", f"jobs/{running}/verify")).status_code == 404
    await connector.context.state.imports.set_state(running, State.COMPLETED)
    for wrong, status in ((elsewhere, 409), ("nope", 404)):
        response = await connector.ask("POST", f"jobs/{running}/verify", json={"connection_id": wrong})
        assert response.status_code == status, response.text
    await connector.ask("DELETE", f"connections/{connection}")
    gone = await connector.ask("POST", f"jobs/{running}/verify")
    assert gone.status_code == 409
    assert "Connect to Jira again" in gone.json()["error"]


@dataclass(frozen=True)
class Left:
    """What a connector that ended leaves behind: a verification that somebody asked for."""

    store: Store
    access: JiraAccess
    job: str

    @property
    def verifications(self) -> Verifications:
        return Verifications(self.store.state)

    def loop(self, **lease: timedelta) -> AbstractAsyncContextManager[None]:
        return VerifyLoop(self.store, self.access, **lease).running()

    async def ended(self) -> Verification:
        async def found() -> Verification | None:
            newest = await self.verifications.newest(self.job)
            return newest if newest and newest.state in ENDED else None

        verification: Verification = await eventually(found)
        return verification


@pytest.fixture
async def left(
    kafka_settings: KafkaSettings, mongo_settings: MongoSettings, cloud: str
) -> AsyncIterator[Left]:
    async with running_connector(settings_of(kafka_settings, mongo_settings, gateway=cloud)) as connector:
        connection = await connector.connection(cloud)
        job = (await connector.start(connection, "SIM"))["job_id"]
        access = connector.context.access
    async with open_store(mongo_settings) as store:
        opened = Left(store, access, job)
        await opened.verifications.request(job, connection)
        yield opened


async def test_one_whose_process_died_is_done_by_the_next(left: Left) -> None:
    assert await left.verifications.claim("dies at once", timedelta(milliseconds=300))
    assert await left.verifications.claim("another", timedelta(seconds=30)) is None  # it may yet be alive

    async with left.loop(lease=timedelta(milliseconds=300)):
        ended = await left.ended()

    assert (ended.state, ended.tries) == (VerificationState.COMPLETED, 2)
    assert [one["key"] for one in await left.verifications.results(ended)] == ["SIM"]


async def test_one_that_never_comes_to_an_end_is_given_up(left: Left) -> None:
    for number in range(5):
        claimed = await left.verifications.claim(f"process {number}", timedelta(0))
        assert claimed is not None
        assert claimed.tries == number + 1

    async with left.loop():
        failed = await left.ended()

    assert failed.state is VerificationState.FAILED
    assert "5 times" in (failed.error_message or "")


async def test_a_service_that_ends_leaves_its_work_to_the_next_at_once(
    left: Left, simulators: Simulators
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": "slow", "route": SEARCH, "times": 1, "ms": 3000})

    async def begun() -> bool:
        return bool((await jira.requests()).get(f"POST {SEARCH}"))

    async with left.loop():
        await eventually(begun)
    next_one = await left.verifications.claim("the next one", timedelta(seconds=30))

    assert next_one is not None
    assert next_one.tries == 2


async def test_who_lost_a_verification_cannot_end_it(left: Left) -> None:
    slow = await left.verifications.claim("slow", timedelta(0))
    quick = await left.verifications.claim("quick", timedelta(seconds=30))
    assert slow is not None
    assert quick is not None
    assert not await left.verifications.extend(
        slow.id, "slow", timedelta(seconds=30), issues_read=1, requests=1
    )
    assert await left.verifications.complete(quick, "quick", summary={}, projects=[{"key": "A"}])
    assert not await left.verifications.complete(slow, "slow", summary={}, projects=[{"key": "B"}])
    assert await left.verifications.results(await left.ended()) == [{"key": "A"}]
