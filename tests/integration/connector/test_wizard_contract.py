"""The wizard's requests, replayed against the connector: same routes, same members, same types."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.connector.schemas.start import StartRequest
from shared.contracts.channels import PROGRESS
from shared.contracts.events import KindAccount, ProjectLoaded
from shared.crypto import Vault
from shared.kafka import publish_all
from shared.kinds import EntityKind
from tests.support.connector import CLOUD_TOKEN, EMAIL, PAT, ROUTES, Connector, eventually
from tests.support.shapes import deviations
from tests.support.wizard_differences import ANSWERS, STATUS_WORDS

CAPTURE = Path(__file__).parents[4] / "shared/windshift/contract.json"
GOLDEN = Path(__file__).with_name("wizard") / "golden.json"

# The accounts of the capture, by the local part of their address, as tokens of our simulated Jiras.
TOKENS = {
    "a": CLOUD_TOKEN,
    "bad": "expired-token",
    "scoped": "scoped-token",
    "noscope": "scoped-no-user",
    "forbid": "revoked-token",
    "empty": "no-browse-token",
}


class Replay:
    """Sends captured requests in their order; ids, addresses and keys become those of this run."""

    def __init__(self, connector: Connector, cloud: str, datacenter: str) -> None:
        self._connector = connector
        self._datacenter = datacenter
        self._known = {
            "http://127.0.0.1:18301": cloud,
            "http://127.0.0.1:18302": datacenter,
            '"ENG"': '"SIM"',
            "project_key=ENG": "project_key=SIM",
        }

    async def send(self, entry: dict[str, Any]) -> httpx.Response:
        """Send one request, and remember which of our ids stands for the captured one."""
        request = json.loads(self._translated(json.dumps(entry["request"])))
        body = self._body(request["body"])
        authorized = "Cookie" in request["headers"] or "Authorization" in request["headers"]
        response = await self._connector.http.request(
            request["method"],
            request["path"],
            json=body if not isinstance(body, str) else None,
            content=body if isinstance(body, str) else None,
            headers={} if authorized else {"Authorization": ""},
        )
        captured = entry["response"]["body"]
        if isinstance(captured, dict) and response.status_code == 200:
            for member in ("connection_id", "job_id"):
                if member in captured and member in response.json():
                    self._known[captured[member]] = response.json()[member]
        return response

    def _translated(self, text: str) -> str:
        for captured, ours in self._known.items():
            text = text.replace(captured, ours)
        return text

    def _body(self, body: Any) -> Any:
        if isinstance(body, dict) and "api_token" in body:
            account = body["email"].split("@")[0]
            at_datacenter = body["instance_url"] == self._datacenter
            token = PAT if at_datacenter and account == "a" else TOKENS[account]
            return {**body, "email": EMAIL, "api_token": token}
        return body


async def finish(connector: Connector, job_id: str) -> None:
    """Let a job complete as the loader would."""
    account = KindAccount(jira=30, windshift=30, missing=0, dead_lettered=0)
    event = ProjectLoaded(import_id=job_id, project_key="SIM", kinds={EntityKind.ISSUE: account})
    message = (PROGRESS.key_of(event), event.model_dump_json().encode())
    await publish_all(connector.context.broker, PROGRESS, [message])

    async def completed() -> bool:
        return bool((await connector.json("GET", f"jobs/{job_id}"))["status"] == "completed")

    await eventually(completed)


def differs(entry: dict[str, Any], response: httpx.Response) -> list[str]:
    """Return how an answer deviates from the captured one, beyond the listed differences."""
    captured, name = entry["response"], entry["name"]
    difference = ANSWERS.get(name)
    body: Any = response.json() if response.content else ""
    if difference is not None:
        found = [] if response.status_code == difference.status else [f"status {response.status_code}"]
        wrong_code = difference.code is not None and f'"code":"{difference.code}"' not in response.text
        return [*found, f"answer {response.text}"] if wrong_code else found
    if response.status_code != captured["status"]:
        return [f"status {response.status_code} instead of {captured['status']}: {response.text}"]
    found = list(deviations(captured["body"], body))
    if response.is_error and body != captured["body"]:
        found.append(f"error {body} instead of {captured['body']}")
    if name.startswith("job-"):
        word = STATUS_WORDS.get(name, (captured["body"].get("status"),))[0]
        if body.get("status") != word:
            found.append(f"status word {body.get('status')!r} instead of {word!r}")
    return found


@pytest.fixture
def replay(connector: Connector, cloud: str, datacenter: str) -> Replay:
    return Replay(connector, cloud, datacenter)


@pytest.mark.parametrize("source", [GOLDEN, CAPTURE], ids=["golden", "captured"])
async def test_the_wizard_finds_what_it_knows(source: Path, connector: Connector, replay: Replay) -> None:
    if not source.exists():
        pytest.skip(f"{source.name} with the captured requests is not beside this checkout")
    deviating = {}
    for entry in json.loads(source.read_text(encoding="utf-8")):
        difference = ANSWERS.get(entry["name"])
        if difference is not None and difference.status is None:
            continue
        await prepare(entry["name"], connector)
        response = await replay.send(entry)
        if found := differs(entry, response):
            deviating[entry["name"]] = found

    assert deviating == {}


async def prepare(name: str, connector: Connector) -> None:
    """Bring the connector to where Windshift was when a request was captured."""
    if re.fullmatch(r"job-\w+-completed", name):
        (newest, *_) = await connector.context.state.imports.recent(1)
        await finish(connector, newest.id)
    elif name in ("job-cloud-running", "job-datacenter-running"):
        (newest, *_) = await connector.context.state.imports.recent(1)
        running = {"$set": {"state": "running", "started_at": newest.created_at}}
        await connector.context.store.state["imports"].update_one({"_id": newest.id}, running)
    elif name == "projects-undecryptable-token":
        # As after a restart with another key: lists of projects are kept in memory only.
        for saved in await connector.context.state.connections.all():
            sealed = Vault(b"o" * 32, "k0").encrypt("token", owner=saved.id)
            await connector.context.store.state["connections"].update_one(
                {"_id": saved.id}, {"$set": {"sealed_token": sealed}}
            )
            connector.context.projects.forget(saved.id)


def test_every_difference_says_why() -> None:
    assert all(difference.why for difference in ANSWERS.values())
    assert all(why for _, why in STATUS_WORDS.values())


def test_unknown_members_of_a_newer_wizard_are_ignored() -> None:
    newer = {
        "connection_id": "c",
        "project_keys": ["ENG"],
        "force_reimport": True,
        "mappings": {
            "workspaces": [{"jiraKey": "ENG", "keyAliasAcknowledged": True, "windshiftId": None}],
            "serviceManagement": {"importOrganizations": False},
            "versions": None,
        },
    }
    request = StartRequest.model_validate(newer)

    assert request.mappings.workspaces[0].jira_key == "ENG"
    assert "serviceManagement" not in request.mappings.model_dump(by_alias=True)


def test_the_routes_are_those_of_the_wizard() -> None:
    assert ROUTES == "/api/admin/jira-import/"
