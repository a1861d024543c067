"""`make demo` and `make up` as a user runs them, each in a checkout of its own made of symbolic links."""

import signal
from typing import Any

import pytest

from deploy.embedded.loopback import loopback
from tests.e2e.commands import Checkout, Command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SERVICES = {"connector", "fetcher-1", "fetcher-2", "loader"}
MEMBERS = {"connector", "api_token", "simulator", "mongo_url", "kafka_bootstrap", "metrics", "pids"}


async def test_the_demo_balances(checkout: Checkout) -> None:
    with Command("demo", checkout("demo"), ISSUES="50", DEPLOYMENT="cloud") as demo:
        assert await demo.ended() == 0, demo.said()
    for part in ("Closing account", "It balances.", " issue ", " comment ", " worklog ", " attachment "):
        assert part in demo.said()
    assert len(demo.children) >= len(SERVICES) + 3
    assert demo.survivors() == []


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DATA", "no-such.ndjson.gz", "DATA names no-such.ndjson.gz, and there is no such file."),
        ("KAFKA_BOOTSTRAP", "127.0.0.1:1", "KAFKA_BOOTSTRAP is 127.0.0.1:1, and no Kafka answers there."),
    ],
)
async def test_a_start_that_cannot_succeed_says_why_and_leaves_nothing_behind(
    checkout: Checkout, variable: str, value: str, words: str
) -> None:
    with Command("demo", checkout("failing"), **{variable: value}) as demo:
        assert await demo.ended() == 1
    assert words in " ".join(demo.said().split())
    assert "Traceback" not in demo.said()
    assert demo.survivors() == []


async def test_up_without_a_simulator_runs_until_it_is_interrupted(checkout: Checkout) -> None:
    folder = checkout("up")
    with Command("up", folder, WITH_SIMULATOR="0") as up:
        stack = await up.stack()
        assert (folder / ".run/stack.json").stat().st_mode & 0o077 == 0, "it holds a token"
        await assert_describes(stack)
        up.process.send_signal(signal.SIGINT)
        assert await up.ended() == 0, up.said()
    assert not (folder / ".run/stack.json").exists()
    assert set(stack["pids"].values()) <= {child.pid for child in up.children}
    assert up.survivors() == []


async def assert_describes(stack: dict[str, Any]) -> None:
    """The file has the members that other programs rely on, and everything in it answers."""
    assert stack.keys() == MEMBERS
    assert stack["metrics"].keys() == SERVICES
    assert stack["pids"].keys() == SERVICES | {"kafka", "mongo"}
    assert stack["simulator"] is None
    assert stack["mongo_url"].startswith("mongodb://127.0.0.1:")
    assert stack["kafka_bootstrap"].startswith("127.0.0.1:")
    jobs = f"{stack['connector']}/api/admin/jira-import/jobs"
    async with loopback() as http:
        token = {"Authorization": f"Bearer {stack['api_token']}"}
        assert (await http.get(jobs, headers=token)).json() == []
        assert (await http.get(jobs)).status_code in (401, 403)
        for url in stack["metrics"].values():
            assert "process_resident_memory_bytes" in (await http.get(url)).text
