"""What the simulator serves, held against Atlassian's own OpenAPI documents."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from deploy.jira_simulator.app import CLOUD, DATACENTER
from deploy.jira_simulator.http import Endpoint
from deploy.jira_simulator.observed import observed

SPECS = Path(__file__).parents[3] / "shared" / "jira" / "openapi"
FILES = {
    "platform": "jira-cloud-platform-v3.json",
    "agile": "jira-cloud-software.json",
    "datacenter": "jira-software-dc-10.3-openapi.json",
}
AGILE = "/rest/agile/"
ERRORS = SPECS.parent / "errors" / "observed_errors.json"

pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason=f"Atlassian's documents are not at {SPECS}")


@cache
def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SPECS / FILES[name]).read_text())
    return document


def _operation(name: str, path: str, method: str) -> dict[str, Any]:
    item = _document(name)["paths"].get(path)
    assert item is not None, f"{path} is not in {FILES[name]}"
    assert method.lower() in item, f"{method} {path} is not in {FILES[name]}"
    shared = item.get("parameters", [])
    return {**item[method.lower()], "shared": shared}


def _cloud_operation(endpoint: Endpoint) -> tuple[str, dict[str, Any]]:
    # Cloud answers some v2 paths too; their own document differs from this one in the version only.
    name = "agile" if endpoint.path.startswith(AGILE) else "platform"
    return name, _operation(name, endpoint.path.replace("/rest/api/2/", "/rest/api/3/"), endpoint.method)


def _check(name: str, operation: dict[str, Any], endpoint: Endpoint) -> None:
    parameters = [*operation["shared"], *operation.get("parameters", [])]
    known = {p["name"] for p in (_resolved(name, p) for p in parameters) if p["in"] == "query"}
    assert endpoint.query <= known, f"{endpoint.name} invents {sorted(endpoint.query - known)}"
    assert known <= endpoint.query or endpoint.method == "POST", (
        f"{endpoint.name} would refuse {sorted(known - endpoint.query)}"
    )
    if endpoint.body is not None:
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        members = set(_resolved(name, body)["properties"])
        assert set(endpoint.body) == members or name == "datacenter"
        assert set(endpoint.body) <= members


def _resolved(name: str, node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = _document(name)
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    resolved: dict[str, Any] = found
    return resolved


@pytest.mark.parametrize("endpoint", CLOUD, ids=lambda endpoint: endpoint.name)
def test_cloud_serves_documented_paths_and_parameters(endpoint: Endpoint) -> None:
    _check(*_cloud_operation(endpoint), endpoint)


@pytest.mark.parametrize("endpoint", DATACENTER, ids=lambda endpoint: endpoint.name)
def test_datacenter_serves_documented_paths_and_parameters(endpoint: Endpoint) -> None:
    operation = _operation("datacenter", endpoint.path.removeprefix("/rest"), endpoint.method)
    _check("datacenter", operation, endpoint)


@pytest.mark.parametrize("endpoint", [e for e in CLOUD if e.scopes], ids=lambda endpoint: endpoint.name)
def test_scopes_are_the_documented_ones(endpoint: Endpoint) -> None:
    _, operation = _cloud_operation(endpoint)
    documented = {
        scope for entry in operation.get("security", []) for scopes in entry.values() for scope in scopes
    }
    states = operation.get("x-atlassian-oauth2-scopes", [])
    documented |= {scope for state in states for scope in state["scopes"]}

    assert endpoint.scopes <= documented


def test_observed_errors_are_answered_as_they_were_seen() -> None:
    for entry in json.loads(ERRORS.read_text()):
        ours = observed(entry["id"])
        assert ours.status == entry["status"], entry["id"]
        if isinstance(entry["body"], dict):
            assert json.loads(ours.body) | {"self": 0} == entry["body"] | {"self": 0}, entry["id"]
        seen = {name.lower() for name in entry.get("headers", {})} - {"server", "www-authenticate"}
        assert seen <= set(ours.headers), entry["id"]
