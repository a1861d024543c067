"""The Jira client against each trouble of a real server: right in the end, and never tried too often."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvloop
from prometheus_client import CollectorRegistry

from deploy.embedded.simulator import SimulatorOptions
from shared.jira import endpoints
from shared.jira.addresses import AddressRefusedError
from shared.jira.client import JiraClient, open_client
from shared.jira.credentials import Credential
from shared.jira.errors import (
    JiraCaptchaError,
    JiraCoolingDownError,
    JiraError,
    JiraForbiddenError,
    JiraLoginError,
    JiraNotFoundError,
    JiraNotJsonError,
    JiraRedirectError,
    JiraScopeError,
    JiraTooLargeError,
    JiraUnavailableError,
)
from shared.kinds import Deployment, TokenKind
from shared.metrics import Metrics
from shared.settings import JiraSettings
from tests.support.simulator import SimulatedJira, Simulators

CLOUD = SimulatorOptions(deployment="cloud", issues=40, projects=1)
DATACENTER = SimulatorOptions(deployment="datacenter", issues=40, projects=1)
COMMENTS = "GET /rest/api/3/issue/{issueIdOrKey}/comment"
CONTENT = "GET /rest/api/3/attachment/content/{id}"
MEDIA = "GET /media/file/{uuid}/binary"
PASSING = [
    "429-json", "429-html", "429-gateway", "429-quota", "429-bare", "429-dc", "500", "502", "503",
    "503-retry-after", "504", "cut", "truncated-json", "html-200",
]  # fmt: skip


@asynccontextmanager
async def client_of(jira: SimulatedJira, **settings: Any) -> AsyncIterator[JiraClient]:
    kind = TokenKind.PAT if jira.options.deployment == "datacenter" else TokenKind.UNSCOPED
    async with open_client(
        base_url=jira.base_url,
        deployment=Deployment(jira.login.deployment_type),
        credential=Credential(kind, jira.login.email, jira.login.api_token),
        settings=JiraSettings(**{"allow_private_addresses": True, "attempts": 4, **settings}),
        metrics=Metrics(CollectorRegistry()),
    ) as client:
        yield client


async def test_every_passing_trouble_is_tried_again_until_the_answer_is_right(simulators: Simulators) -> None:
    jira = await simulators(CLOUD)
    issues = dict(zip(PASSING, (f"SIM-{number}" for number in range(11, 40)), strict=False))
    await jira.faults(
        *({"kind": kind, "contains": f"/{key}/comment", "times": 2} for kind, key in issues.items())
    )

    async def ask(key: str) -> int:
        async with client_of(jira) as client:  # its own: a client's cool-down holds back all of its requests
            answer = await client.get(endpoints.COMMENTS, issue=key, params={"maxResults": 100})
            return len(answer["comments"])

    assert await asyncio.gather(*map(ask, issues.values())) == [3] * len(PASSING)
    assert await jira.requests() == {COMMENTS: 3 * len(PASSING)}


async def test_a_post_is_tried_again_as_well(simulators: Simulators) -> None:
    jira = await simulators(CLOUD)
    route = "POST /rest/api/3/search/jql"
    await jira.faults({"kind": "cut", "route": route, "times": 1})
    async with client_of(jira) as client:
        found = await client.post(endpoints.CLOUD_SEARCH, {"jql": "project = SIM", "maxResults": 5000})
    assert len(found["issues"]) == 40
    assert await jira.requests() == {route: 2}


@pytest.mark.parametrize("kind", ["503-retry-after", "cut", "html-200"])
@pytest.mark.parametrize("attempts", [1, 2])
async def test_a_lasting_trouble_is_tried_as_often_as_configured(
    simulators: Simulators, kind: str, attempts: int
) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": kind, "route": COMMENTS})
    async with client_of(jira, attempts=attempts) as client:
        with pytest.raises(JiraUnavailableError) as caught:
            await client.get(endpoints.COMMENTS, issue="SIM-2")
    assert await jira.requests() == {COMMENTS: attempts}
    assert isinstance(caught.value, JiraNotJsonError) is (kind == "html-200")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("401", JiraLoginError),
        ("cloud-site-basic-bad-project-search", JiraLoginError),  # 200, and the header that says so
        ("cloud-site-basic-bad-issue", JiraLoginError),
        ("cloud-gateway-scope", JiraScopeError),
        ("dc-captcha", JiraCaptchaError),
        ("403", JiraForbiddenError),
        ("404", JiraNotFoundError),
        ("cloud-old-search", JiraNotFoundError),
        ("cloud-page-token", JiraError),
        ("dc-attachment-login", JiraRedirectError),
    ],
)
async def test_a_refusal_is_asked_once(simulators: Simulators, error: str, kind: type[JiraError]) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": "error", "error": error, "route": COMMENTS})
    async with client_of(jira) as client:
        with pytest.raises(JiraError) as caught:
            await client.get(endpoints.COMMENTS, issue="SIM-2")
    assert type(caught.value) is kind
    assert await jira.requests() == {COMMENTS: 1}


async def test_a_cool_down_holds_back_the_other_requests_of_the_client(simulators: Simulators) -> None:
    jira = await simulators(CLOUD)
    await jira.faults({"kind": "429-json", "contains": "/SIM-2/", "times": 1})
    async with client_of(jira) as client, asyncio.TaskGroup() as group:
        throttled = group.create_task(client.get(endpoints.COMMENTS, issue="SIM-2"))
        while client.budget.remaining(str(endpoints.COMMENTS)) == 0:
            await asyncio.sleep(0.005)
        await client.get(endpoints.COMMENTS, issue="SIM-3")
        assert client.budget.remaining(str(endpoints.COMMENTS)) == 0, "asked while the family cooled down"
        assert (await throttled)["total"] == 3


async def test_the_bucket_of_data_center_is_used_by_several_and_does_not_run_dry(
    simulators: Simulators,
) -> None:
    jira = await simulators(DATACENTER)
    await jira.limits({"kind": "bucket", "size": 50, "fill": 10, "interval": 1})

    async def ask(client: JiraClient, times: int) -> None:
        for _ in range(times):
            await client.get(endpoints.COMMENTS, issue="SIM-2")

    async with client_of(jira) as one, client_of(jira) as other:
        await asyncio.gather(*(ask(client, 10) for client in (one, other) * 4))
    assert await jira.requests() == {"GET /rest/api/2/issue/{issueIdOrKey}/comment": 80}, "more than it holds"
    assert await jira.refused() == 0


async def test_a_wait_that_is_too_long_goes_back_to_the_caller(simulators: Simulators) -> None:
    """A handler must end within a minute: whoever has to wait longer gives the task back to the queue."""
    jira = await simulators(CLOUD)
    async with client_of(jira) as client:
        client.budget.adopt(str(endpoints.COMMENTS), 60, "jira-burst-based")
        with pytest.raises(JiraCoolingDownError) as caught:
            await client.get(endpoints.COMMENTS, issue="SIM-2")
        await client.get(endpoints.MYSELF)
    assert 55 < (caught.value.retry_after or 0) <= 60
    assert COMMENTS not in await jira.requests()


async def test_a_file_comes_from_the_media_host_which_is_told_no_credential(simulators: Simulators) -> None:
    jira = await simulators(CLOUD)  # its media host refuses a request that carries one
    (attachment, *_) = await jira.truth("SIM", "attachments")
    async with client_of(jira) as client:
        async with client.download(endpoints.CLOUD_ATTACHMENT, {"attachment": attachment}) as response:
            whole = await response.aread()
        assert response.url.host == "localhost"
        assert "authorization" not in response.request.headers
        async with client.download(
            endpoints.CLOUD_ATTACHMENT, {"attachment": attachment}, headers={"Range": "bytes=5-"}
        ) as response:
            assert response.status_code == 206
            assert await response.aread() == whole[5:]
    assert await jira.requests() == {CONTENT: 2, MEDIA: 2}


async def test_a_media_host_on_this_network_is_refused(simulators: Simulators) -> None:
    jira = await simulators(CLOUD)
    (attachment, *_) = await jira.truth("SIM", "attachments")
    settings = {"allow_private_addresses": False, "allowed_private_hosts": ("127.0.0.1",)}
    async with client_of(jira, **settings) as client:
        with pytest.raises(AddressRefusedError, match="localhost"):
            async with client.download(endpoints.CLOUD_ATTACHMENT, {"attachment": attachment}):
                pass
    assert await jira.requests() == {CONTENT: 1}


@pytest.mark.parametrize(
    ("route", "fault", "kind"),
    [
        (MEDIA, "401", JiraForbiddenError),  # of the media host: the account is not meant
        (MEDIA, "403", JiraForbiddenError),
        (MEDIA, "503", JiraUnavailableError),
        (MEDIA, "cut", JiraUnavailableError),
        (CONTENT, "401", JiraLoginError),
        (CONTENT, "404", JiraNotFoundError),
        (CONTENT, "dc-attachment-login", JiraRedirectError),
    ],
)
async def test_a_file_that_does_not_come_says_why(
    simulators: Simulators, route: str, fault: str, kind: type[JiraError]
) -> None:
    jira = await simulators(CLOUD)
    (attachment, *_) = await jira.truth("SIM", "attachments")
    await jira.faults({"kind": fault if fault == "cut" else "error", "error": fault, "route": route})
    async with client_of(jira) as client:
        with pytest.raises((JiraError, JiraUnavailableError)) as caught:
            async with client.download(endpoints.CLOUD_ATTACHMENT, {"attachment": attachment}) as response:
                await response.aread()
    assert type(caught.value) is kind


async def test_data_center_gives_its_files_itself(simulators: Simulators) -> None:
    jira = await simulators(DATACENTER)
    (attachment, *_) = await jira.truth("SIM", "attachments")
    path = {"attachment": attachment, "filename": "any name.txt"}
    async with client_of(jira) as client, client.download(endpoints.DC_ATTACHMENT, path) as response:
        assert response.status_code == 200
        assert len(await response.aread()) == int(response.headers["content-length"])


async def test_answers_that_are_too_large_leave_nothing_in_memory(simulators: Simulators) -> None:
    """On the event loop that the services run on: it reads megabytes before anybody asks for them."""
    jira = await simulators(replace(CLOUD, extra=("--hub-description", "5000000")))
    asked = {"issueIdsOrKeys": ["SIM-7"], "fields": ["*all"]}

    async def held_after_three() -> int:
        async with client_of(jira) as client:
            await client.get(endpoints.MYSELF)
            tracemalloc.start()
            for _ in range(3):
                with pytest.raises(JiraTooLargeError):
                    await client.post(endpoints.CLOUD_BULK_FETCH, asked, at_most=2**20)
            return tracemalloc.get_traced_memory()[0]

    gc.collect()
    gc.disable()
    try:
        assert await asyncio.to_thread(uvloop.run, held_after_three()) < 2**22
    finally:
        gc.enable()
        tracemalloc.stop()
