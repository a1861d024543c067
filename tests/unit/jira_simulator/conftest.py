"""Simulators on real sockets, each served by a thread of its own."""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.jira_simulator import accounts
from deploy.jira_simulator.config import parse_args
from deploy.jira_simulator.server import Server, url_of
from deploy.jira_simulator.world import GATEWAY, World

Start = Callable[..., httpx.Client]
CLOUD_LOGIN = (accounts.CLOUD_EMAIL, accounts.CLASSIC_TOKEN)
PAT_LOGIN = {"authorization": f"Bearer {accounts.PAT}"}


@contextmanager
def running(*flags: str) -> Iterator[httpx.Client]:
    """A client that is logged in as the administrator."""
    config = parse_args(list(flags))
    ready = threading.Event()
    with socket.create_server((config.host, 0)) as listener:
        world = World(config, url_of(listener))
        server = Server(world, on_ready=lambda _world: ready.set())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            assert ready.wait(10)
            with _client(world) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(10)


def _client(world: World) -> httpx.Client:
    if world.config.cloud:
        return httpx.Client(base_url=world.url, auth=CLOUD_LOGIN)
    return httpx.Client(base_url=world.url, headers=PAT_LOGIN)


@pytest.fixture(scope="session")
def cloud() -> Iterator[httpx.Client]:
    """250 issues in SIM and OPS; nobody may change anything here."""
    with running("--issues", "250", "--projects", "2") as client:
        yield client


@pytest.fixture(scope="session")
def datacenter() -> Iterator[httpx.Client]:
    flags = ("--context-path", "/jira", "--search-cap", "50", "--window", "100", "--same-minute", "20")
    with running("--deployment", "datacenter", "--issues", "250", "--projects", "2", *flags) as client:
        yield client


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts simulators that the test may change."""
    with ExitStack() as stack:
        yield lambda *flags: stack.enter_context(running(*flags))


@pytest.fixture
def gateway(cloud: httpx.Client) -> Callable[..., httpx.Response]:
    """GET through the gateway with a token."""

    def ask(path: str, token: str = accounts.SCOPED_TOKEN, **given: Any) -> httpx.Response:
        return cloud.get(GATEWAY + path, auth=(accounts.CLOUD_EMAIL, token), **given)

    return ask


@pytest.fixture(scope="session")
def real_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three invented issues in the form of the files of real ones."""
    path = tmp_path_factory.mktemp("data") / "demo.ndjson.gz"
    with gzip.open(path, "wt") as file:
        for number in (3, 1, 2):
            file.write(json.dumps(_issue(number)) + "\n")
    return path


def _issue(number: int) -> dict[str, Any]:
    user = {"name": "fern", "key": "fern", "displayName": "Fern Example", "active": True, "timeZone": "UTC"}
    moment = f"2020-01-0{number}T10:00:00.000+0000"
    comment = {"id": str(500 + number), "author": user, "body": "first\r\nsecond\r\n\r\nthird"}
    fields = {
        "summary": f"Issue {number}",
        "project": {"id": "77", "key": "DEMO", "name": "Demo"},
        "issuetype": {"id": "1", "name": "Bug", "subtask": False},
        "status": {"id": "6", "name": "Closed", "statusCategory": {"id": 3, "key": "done", "name": "Done"}},
        "resolution": None,
        "priority": None,
        "created": moment,
        "updated": moment,
        "labels": ["one"],
        "reporter": user,
        "description": "*bold* text",
        "attachment": [
            {
                "id": str(90 + number),
                "filename": "a b.png",
                "author": user,
                "size": 10**6,
                "mimeType": "image/png",
            }
        ],
        # The total lies, as it does in the real files.
        "comment": {"comments": [comment], "maxResults": 1, "total": 9, "startAt": 0},
    }
    return {"id": str(1000 + number), "key": f"DEMO-{number}", "fields": fields}
