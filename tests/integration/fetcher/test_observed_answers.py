"""Every error answer seen from real Jira, in every phase of reading: what becomes of the import."""

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

from deploy.embedded.simulator import SimulatorOptions
from deploy.jira_simulator.errors import Refused
from deploy.jira_simulator.observed import observed
from shared.kinds import State
from tests.support.fetching import Fetcher, Run, Runs
from tests.support.proxy import changing
from tests.support.simulator import Simulators

PHASES: Final = ("project", "list", "issues", "lists of an issue", "files")
ONCE, ALWAYS = 1, -1
# What is answered, how often; the end in each phase. Asked again, Jira answers the first ones well. A login
# that seems dead pauses the import, except over one thing of one issue while the login itself is good.
ENDS: Final = {
    ("cloud-429-json", ONCE): "complete complete complete complete complete",
    ("cloud-429-quota", ONCE): "complete complete complete complete complete",
    ("cloud-429-html", ONCE): "complete complete complete complete complete",
    ("cloud-429-gateway", ONCE): "complete complete complete complete complete",
    ("dc-429", ONCE): "complete complete complete complete complete",
    ("dc-window", ONCE): "complete complete complete complete complete",
    ("dc-window", ALWAYS): "letter letter letter letter letter",
    ("cloud-site-basic-bad-myself", ALWAYS): "paused paused paused letter letter",
    ("cloud-site-json-401", ALWAYS): "paused paused paused letter letter",
    ("cloud-site-basic-bad-project-search", ALWAYS): "paused paused paused letter letter",
    ("cloud-site-basic-bad-issue", ALWAYS): "paused paused paused letter letter",
    ("cloud-site-bearer-opaque", ALWAYS): "paused paused paused letter letter",
    ("cloud-gateway-scope", ALWAYS): "paused paused paused letter letter",
    ("cloud-gateway-bad-cred", ALWAYS): "paused paused paused letter letter",
    ("cloud-old-search", ALWAYS): "letter letter letter letter letter",
    ("cloud-unbounded", ALWAYS): "letter letter letter letter letter",
    ("cloud-maxresults", ALWAYS): "letter letter letter letter letter",
    ("cloud-jql-syntax", ALWAYS): "letter letter letter letter letter",
    ("cloud-page-token", ALWAYS): "letter letter letter letter letter",
    ("cloud-no-body", ALWAYS): "letter letter letter letter letter",
    ("dc-basic-bad", ALWAYS): "paused paused paused letter letter",
    ("dc-captcha", ALWAYS): "paused paused paused letter letter",
    ("dc-basic-disabled", ALWAYS): "paused paused paused letter letter",
    ("dc-attachment-login", ALWAYS): "letter letter letter letter letter",
    ("dc-issue-404", ALWAYS): "letter letter letter letter letter",
}
OBSERVED: Final = Path(__file__).parents[3].parent / "shared" / "jira" / "errors" / "observed_errors.json"


def is_asked_in(phase: str, path: str, body: bytes) -> bool:
    """Tell whether a request belongs to a phase."""
    path = path.partition("?")[0]
    match phase:
        case "project":
            return path.endswith("/project/SIM") or path.endswith("/project/10000")
        case "list":
            return path.endswith("/search/jql") or (path.endswith("/search") and b"created" in body)
        case "issues":
            return path.endswith("/bulkfetch") or (path.endswith("/search") and b"id in" in body)
        case "lists of an issue":
            return path.endswith(("/comment", "/worklog"))
        case _:
            return "/attachment/content/" in path or "/secure/attachment/" in path


def answering(phase: str, name: str, times: int) -> Callable[[str, bytes], Refused | None]:
    """Give an observed answer to the first requests of a phase."""
    left = times

    def instead(path: str, body: bytes) -> Refused | None:
        nonlocal left
        if left == 0 or not is_asked_in(phase, path, body):
            return None
        left -= 1
        return observed(name)

    return instead


async def end_of(run: Run) -> str:
    """Wait until an import is paused, or nothing of it is pending; say how it ended."""

    async def ended() -> bool:
        if await run.state.imports.state_of(run.id) is State.PAUSED:
            return True
        return run.markers()["SIM"] > 0 and not await run.pending()

    await run.wire.until(ended, f"the end of {run.id}", within=100)
    if await run.state.imports.state_of(run.id) is State.PAUSED:
        return "paused"
    return "letter" if await run.letters() else "complete"


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_each_observed_answer_in_each_phase(
    simulators: Simulators, runs: Runs, fetcher: Fetcher
) -> None:
    jiras = {
        "cloud": await simulators(SimulatorOptions(deployment="cloud", issues=12, projects=1, seed=2)),
        "dc": await simulators(SimulatorOptions(deployment="datacenter", issues=12, projects=1, seed=2)),
    }
    assert all([await jira.truth("SIM", "attachments") for jira in jiras.values()])
    imports: dict[tuple[str, int], list[Run]] = {}
    async with AsyncExitStack() as proxies, fetcher(jira={"attempts": 2}):
        for name, times in ENDS:
            jira = jiras[name.partition("-")[0]]
            urls = [
                await proxies.enter_async_context(changing(jira.url, instead=answering(phase, name, times)))
                for phase in PHASES
            ]
            imports[name, times] = [await runs.of(jira, base_url=url) for url in urls]
        for run in chain.from_iterable(imports.values()):
            await run.request()
        ends = {case: " ".join([await end_of(run) for run in some]) for case, some in imports.items()}
    assert ends == ENDS


@pytest.mark.skipif(not OBSERVED.exists(), reason="the collection of observed answers is not here")
def test_no_observed_answer_is_left_out() -> None:
    assert {row["id"] for row in json.loads(OBSERVED.read_bytes())} == {name for name, _ in ENDS}
