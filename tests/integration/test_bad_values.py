"""Values that Jira should not send, from its answer to the report: what becomes of each of them."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final, NamedTuple

import pytest

from deploy.embedded.simulator import SimulatorOptions
from tests.support.connector import Connector, eventually
from tests.support.proxy import changing
from tests.support.simulator import Simulators
from tests.support.whole import services

__all__ = ["services"]

ISSUE: Final = "10002"
HALF: Final = "@half@"  # becomes half of a character on its way


class End(NamedTuple):
    """What the report says: kind and id of dead letters, and codes of findings."""

    letters: frozenset[tuple[str, str]] = frozenset()
    findings: frozenset[str] = frozenset()


ISSUE_LOST: Final = End(frozenset({("issue", ISSUE)}))
DAMAGED: Final = End(findings=frozenset({"text_damaged"}))
FIELDS: Final[Mapping[str, tuple[dict[str, Any], End]]] = {
    "NUL in a text": ({"summary": "nul \x00 inside"}, End()),
    "half a character": ({"summary": f"half {HALF} inside"}, DAMAGED),
    "half a character in a label": ({"labels": [f"half{HALF}"]}, DAMAGED),
    "NUL in a member's name": ({"customfield_10041": {"a\x00b": 1}}, End()),
    "a year that is none": ({"created": "99999-01-01T00:00:00.000+0000"}, ISSUE_LOST),
    "a day that is none": ({"duedate": "2024-13-45"}, ISSUE_LOST),
    "a text as time": ({"updated": "yesterday"}, ISSUE_LOST),
    "a number as text": ({"summary": 7}, ISSUE_LOST),
    "a list as person": ({"assignee": [1, 2]}, ISSUE_LOST),
    "a number beyond all numbers": ({"timespent": 10**30}, ISSUE_LOST),
}


def with_fields(fields: Mapping[str, Any]) -> Callable[[str, Any], Any]:
    """Give one issue other fields, wherever it is shown whole."""

    def change(_path: str, given: Any) -> Any:
        for issue in given.get("issues", ()) if isinstance(given, dict) else ():
            if issue["id"] == ISSUE and "summary" in issue.get("fields", {}):
                issue["fields"] |= fields
        return given

    return change


def halved(_path: str, _body: bytes, answer: bytes) -> bytes:
    """Put half a character in, which no JSON library writes, at the same length."""
    return answer.replace(HALF.encode(), b"\\ud83d")


async def end_of(services: Connector, job: str) -> End:
    """Wait for the end of an import; return what its report says."""

    async def ended() -> bool:
        return bool((await services.json("GET", f"jobs/{job}"))["status"] == "completed")

    await eventually(ended, within=60)
    report = await services.json("GET", f"jobs/{job}/report")
    (project,) = report["projects"]
    kinds = project["kinds"]
    letters = {(kind, one["id"]) for kind, told in kinds.items() for one in told["dead_lettered"]}
    assert report["balanced"], report
    assert kinds["issue"]["windshift"] + len(kinds["issue"]["dead_lettered"]) == kinds["issue"]["jira"] == 12
    return End(frozenset(letters), frozenset(project["findings"]) & {"text_damaged"})


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_a_value_that_is_none_concerns_its_issue_alone(
    services: Connector, simulators: Simulators, deployment: str
) -> None:
    jira = await simulators(SimulatorOptions(deployment=deployment, issues=12, projects=1, seed=2))
    login = jira.login
    async with AsyncExitStack() as proxies:
        jobs = {}
        for what, (fields, _) in FIELDS.items():
            changed = changing(jira.url, with_fields(fields), spoil=halved)
            url = await proxies.enter_async_context(changed)
            connection = await services.connection(url, login.api_token, deployment=login.deployment_type)
            jobs[what] = (await services.start(connection, "SIM"))["job_id"]
        ends = {what: await end_of(services, job) for what, job in jobs.items()}
    assert ends == {what: end for what, (_, end) in FIELDS.items()}
