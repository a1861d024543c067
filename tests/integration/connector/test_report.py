"""The closing account over the API: its parts, its findings, and what it cannot tell."""

from typing import Any

import pytest

from shared.content import content_hash
from shared.kinds import EntityKind, State, TaskKind
from shared.state.findings import Finding, FindingCode
from shared.state.ledger import Task
from tests.support.connector import Connector

ISSUE = EntityKind.ISSUE
IDS = [str(number) for number in range(1, 251)]


@pytest.fixture
async def job(connector: Connector, cloud: str) -> str:
    """An import of OPS and SIM, read and ended; of SIM's 250 issues none is in Windshift."""
    state = connector.context.state
    job = str((await connector.start(await connector.connection(cloud), "OPS", "SIM"))["job_id"])
    task = Task(job, "SIM", TaskKind.ISSUES, "000001")
    await state.ledger.register([task])
    await state.ledger.finish(task, {ISSUE: IDS})
    for key in ("OPS", "SIM"):
        await state.running.note_marker(job, key)
    await state.imports.set_state(job, State.COMPLETED)
    return job


async def report(connector: Connector, job: str, **params: Any) -> Any:
    return await connector.json("GET", f"jobs/{job}/report", params=params)


async def test_lists_are_cut_as_asked_and_counted_whole(connector: Connector, job: str) -> None:
    await connector.context.state.findings.add(
        [
            Finding(import_id=job, project_key="SIM", kind=ISSUE, id=id_, code=FindingCode.VALUE_KEPT_RAW)
            for id_ in IDS
        ]
    )

    first = await report(connector, job)
    assert [project["key"] for project in first["projects"]] == ["OPS", "SIM"]
    assert first["projects"][1]["kinds"]["issue"]["missing"] == IDS[:100]

    part = await report(connector, job, project="SIM", offset=240, limit=50)
    (sim,) = part["projects"]
    assert sim["kinds"]["issue"]["missing"] == IDS[240:]
    assert sim["kinds"]["issue"]["totals"]["missing"] == 250
    assert sim["findings"]["value_kept_raw"]["count"] == 250
    assert [one["id"] for one in sim["findings"]["value_kept_raw"]["examples"]] == sorted(IDS)[240:]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"project": "NOPE"}, 404),
        ({"projects_offset": 2}, 404),
        ({"projects_limit": 501}, 400),
        ({"limit": 0}, 400),
        ({"limit": 1001}, 400),
        ({"offset": -1}, 400),
    ],
)
async def test_a_part_that_there_cannot_be(
    connector: Connector, job: str, params: dict[str, Any], status: int
) -> None:
    response = await connector.ask("GET", f"jobs/{job}/report", params=params)
    assert response.status_code == status, response.text


async def test_of_many_projects_some_are_shown_and_the_report_says_which(
    connector: Connector, job: str
) -> None:
    parts = [await report(connector, job, projects_limit=1, projects_offset=number) for number in range(2)]
    assert [[project["key"] for project in part["projects"]] for part in parts] == [["OPS"], ["SIM"]]
    assert [(part["projects_total"], part["balanced"]) for part in parts] == [(2, True), (2, False)]
    for key, part in zip(("OPS", "SIM"), parts, strict=True):
        assert part["notes"][0].startswith(f"{key}: all that this report says is about 1 of 2 projects")
    assert (await report(connector, job, projects_limit=2))["notes"] == []


async def test_contents_may_be_left_out(connector: Connector, job: str) -> None:
    store, import_ = connector.context.store, await connector.context.state.imports.get(job)
    assert import_ is not None
    document = {"_id": f"{import_.site}:issue:1", "workspace_id": f"{import_.site}:project:10000"}
    await store.windshift["items"].insert_one({**document, "hash": content_hash(document), "title": "x"})

    whole = await report(connector, job)
    assert whole["projects"][1]["kinds"]["issue"]["different"] == ["1"]
    ids_only = await report(connector, job, contents=False)
    issues = ids_only["projects"][1]["kinds"]["issue"]
    assert (issues["different"], issues["windshift"]) == (None, 1)
    assert "contents were not compared" in ids_only["notes"][0]


async def test_an_import_of_some_issues_cannot_tell_what_is_extra(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud)
    body = {"connection_id": connection, "project_keys": ["SIM"], "open_issues_only": True}
    job = (await connector.json("POST", "start", json=body))["job_id"]
    task = Task(job, "SIM", TaskKind.ISSUES, "000001")
    await connector.context.state.ledger.register([task])
    await connector.context.state.ledger.finish(task, {ISSUE: ["1"]})

    told = await report(connector, job)

    assert told["projects"][0]["kinds"]["issue"]["extra"] is None
    assert "took only some issues" in told["notes"][0]
