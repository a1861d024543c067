"""What the analysis of some projects says, and how soon, on sites of both deployments."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from deploy.embedded.simulator import SimulatorOptions
from shared.ids import field_id
from shared.mongo import Document
from tests.support.connector import PAT, Connector
from tests.support.simulator import Simulators

LARGE = 200_000
LATENCY_MS = 30
LONGEST = 2.0  # seconds
TRIES = 4  # others may keep the machine busy for a moment: what comes late is left out then


async def analyzed(connector: Connector, connection: str, *keys: str) -> dict[str, Any]:
    body = {"connection_id": connection, "project_keys": list(keys), "open_issues_only": False}
    found: dict[str, Any] = await connector.json("POST", "analyze", json=body)
    return found


def by_id(found: list[dict[str, Any]], name: str = "id") -> Mapping[str, dict[str, Any]]:
    return {one[name]: one for one in found}


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_a_large_site_is_looked_into_within_two_seconds(
    connector: Connector, simulators: Simulators, deployment: str
) -> None:
    options = SimulatorOptions(deployment=deployment, issues=LARGE, latency_ms=LATENCY_MS)
    jira = await simulators(options)
    token = jira.login.api_token
    connection = await connector.connection(jira.url, token, deployment=jira.login.deployment_type)
    took = LONGEST
    for _ in range(TRIES):
        await jira.reset()
        began = time.monotonic()
        found = await analyzed(connector, connection, "SIM", "OPS")
        took = time.monotonic() - began
        if took < LONGEST and found["sample"]["issues"] == 400:
            break

    assert took < LONGEST
    assert sum((await jira.requests()).values()) < 30
    assert found["total_issues"] == LARGE
    assert found["sample"] == {"issues": 400, "of": LARGE, "exact": False}
    assert all(project["has_sprints"] for project in found["projects"])
    stories = by_id(found["issue_types"])["10002"]["usage"]
    assert stories["found"] < stories["sampled"] == 400
    assert stories["issues"] > 1000
    assert not stories["exact"]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_fields_are_described_with_use_and_options(
    connector: Connector, cloud: str, datacenter: str, deployment: str
) -> None:
    url, token = (cloud, "classic-token") if deployment == "cloud" else (datacenter, PAT)
    connection = await connector.connection(url, token, deployment=deployment)
    found = await analyzed(connector, connection, "SIM", "OPS")
    fields = by_id(found["custom_fields"], "jira_field_id")
    severity, region = fields["customfield_10030"], fields["customfield_10039"]

    assert severity["usage"] == {"issues": 60, "found": 60, "sampled": 60, "exact": True}
    assert (severity["windshift_field_type"], severity["possible_types"][0]) == ("select", "select")
    assert (severity["options"], severity["options_from"]) == (["Low", "Medium", "High", "Blocker"], "jira")
    assert region["options"] == ["Europe", "Europe - North", "Europe - South"] or deployment == "cloud"
    assert set(region["options"]) == {"Europe", "Europe - North", "Europe - South"}
    assert ("contexts" in severity) == (deployment == "cloud")
    assert not fields["customfield_10020"]["can_map"]
    assert fields["customfield_10041"]["can_map"]
    assert found["sample"] == {"issues": 60, "of": 60, "exact": True}


async def test_who_may_not_read_options_sees_those_that_are_used(connector: Connector, cloud: str) -> None:
    connection = await connector.connection(cloud, "scoped-token")
    found = await analyzed(connector, connection, "SIM")
    severity = by_id(found["custom_fields"], "jira_field_id")["customfield_10030"]

    assert severity["options_from"] == "sample"
    assert set(severity["options"]) == {"Low", "Medium", "High"}


async def test_what_windshift_has_already_is_suggested_with_the_reason(
    connector: Connector, cloud: str
) -> None:
    connection = await connector.connection(cloud)
    saved = await connector.context.state.connections.get(connection)
    assert saved is not None
    people = by_id((await analyzed(connector, connection, "SIM"))["users"], "account_id")
    someone = next(one for one in people.values() if one["email"])
    again = field_id(saved.site, "customfield_10032")
    there: dict[str, list[Document]] = {
        "workspaces": [{"_id": "ws:sim", "key": "SIM"}, {"_id": "ws:sim2", "key": "SIM2"}],
        "custom_fields": [
            {"_id": 1, "name": "story points", "field_type": "number"},
            {"_id": 2, "name": "Target date", "field_type": "number"},
            {"_id": 3, "name": "Severity", "field_type": "text"},
            {"_id": again, "name": "Customer", "field_type": "text"},
        ],
        "item_types": [
            {"_id": "ws:bug", "name": "BUG"},
            {"_id": "ws:sub", "name": "Task", "is_subtask": True},
        ],
        "statuses": [
            {"_id": "ws:done", "name": "Done", "category_key": "done"},
            {"_id": "ws:todo", "name": "To Do", "category_key": "done"},
        ],
        "users": [
            {"_id": 7, "email": someone["email"].upper().lower()},
            {"_id": 8, "email": None, "display_name": someone["display_name"]},
        ],
    }
    for collection, documents in there.items():
        await connector.context.store.windshift[collection].insert_many(documents)
    found = await analyzed(connector, connection, "SIM")

    project = found["projects"][0]
    assert (project["workspace_key_collision"], project["suggested_workspace_key"]) == (True, "SIM3")
    suggested = {
        one["jira_field_id"]: (one["suggestion"]["windshift_id"], one["suggestion"]["reason"])
        for one in found["custom_fields"]
        if "suggestion" in one
    }
    assert suggested == {
        "customfield_10016": (1, "It has the same name, and the type number takes the values."),
        "customfield_10032": (again, "An earlier import created it from this one."),
    }
    types = {
        one["name"]: one["suggestion"]["windshift_id"] for one in found["issue_types"] if "suggestion" in one
    }
    assert types == {"Bug": "ws:bug"}
    statuses = {one["name"]: one["suggestion"]["reason"] for one in found["statuses"] if "suggestion" in one}
    assert statuses == {"Done": "It has the same name and category."}
    matched = [one for one in found["users"] if "suggestion" in one]
    assert [(one["account_id"], one["matched_user_id"]) for one in matched] == [(someone["account_id"], 7)]
    assert matched[0]["suggestion"]["reason"] == "The e-mail address is the same."
