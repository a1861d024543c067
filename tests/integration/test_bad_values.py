"""Values that Jira should not send, from its answer to the report: each concerns its own issue alone."""

from typing import Any, Final

import pytest

from deploy.embedded.simulator import SimulatorOptions
from tests.support.connector import Connector, eventually
from tests.support.proxy import changing
from tests.support.simulator import Simulators
from tests.support.whole import services

__all__ = ["services"]

HALF: Final = "@half@"  # becomes half of a character on its way
LOST, NOTED, KEPT = "dead-lettered", "with a finding", "as it is"
# Fields, of one issue each; what becomes of that issue.
VALUES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "NUL in a text": ({"summary": "nul \x00 inside"}, KEPT),
    "half a character": ({"summary": f"half {HALF} inside"}, NOTED),
    "half a character in a label": ({"labels": [f"half{HALF}"]}, NOTED),
    "NUL in a member's name": ({"customfield_10041": {"a\x00b": 1}}, KEPT),
    "a year that is none": ({"created": "99999-01-01T00:00:00.000+0000"}, LOST),
    "a day that is none": ({"duedate": "2024-13-45"}, NOTED),
    "a text as time": ({"updated": "yesterday"}, LOST),
    "a number as text": ({"summary": 7}, LOST),
    "a list as person": ({"assignee": [1, 2]}, LOST),
    "a number beyond all numbers": ({"timespent": 10**18 * 10}, LOST),
}
OF_ISSUE: Final = dict(zip((str(10_000 + number) for number in range(12)), VALUES, strict=False))


def spoilt(_path: str, given: Any) -> Any:
    """Give issues their fields wherever they are shown whole."""
    for issue in given.get("issues", ()) if isinstance(given, dict) else ():
        if issue["id"] in OF_ISSUE and "summary" in issue.get("fields", {}):
            issue["fields"] |= VALUES[OF_ISSUE[issue["id"]]][0]
    return given


def halved(_path: str, _body: bytes, answer: bytes) -> bytes:
    """Put half a character in, which no JSON library writes, at the same length."""
    return answer.replace(HALF.encode(), b"\\ud83d")


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
async def test_a_value_that_is_none_concerns_its_issue_alone(
    services: Connector, simulators: Simulators, deployment: str
) -> None:
    jira = await simulators(SimulatorOptions(deployment=deployment, issues=12, projects=1, seed=2))
    login = jira.login
    async with changing(jira.url, spoilt, spoil=halved) as url:
        connection = await services.connection(url, login.api_token, deployment=login.deployment_type)
        job = (await services.start(connection, "SIM"))["job_id"]

        async def ended() -> bool:
            return bool((await services.json("GET", f"jobs/{job}"))["status"] == "completed")

        await eventually(ended)
    report = await services.json("GET", f"jobs/{job}/report")
    (project,) = report["projects"]
    issues = project["kinds"]["issue"]
    told = {one["id"]: LOST for one in issues["dead_lettered"]}
    found = project["findings"]
    noted = found["text_damaged"]["examples"]
    noted += [one for one in found["value_kept_raw"]["examples"] if "duedate" in one["detail"]]
    told |= {one["id"]: NOTED for one in noted if one["kind"] == "issue"}
    ends = {what: told.get(id_, KEPT) for id_, what in OF_ISSUE.items()}
    assert ends == {what: end for what, (_, end) in VALUES.items()}
    assert report["balanced"]
    assert (issues["jira"], issues["windshift"]) == (12, 12 - len(issues["dead_lettered"]))
