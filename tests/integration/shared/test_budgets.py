"""What Jira tells one process about its limits, the others know a second later; on a real store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from prometheus_client import CollectorRegistry

from shared.jira.budgets import Budgets
from shared.jira.limits import EVERYTHING
from shared.kinds import Deployment, WaitingFor
from shared.mongo import Store
from shared.settings import JiraSettings
from shared.state.sites import SharedCoolDown, Sites
from shared.waits import Waits
from tests.support.patience import PATIENCE

SEARCH, BOARDS = "POST /rest/api/{api}/search/jql", "GET /rest/agile/1.0/board"
BURST = {"retry-after": "20", "ratelimit-reason": "jira-burst-based"}


@pytest.fixture
def site() -> str:
    return f"site-{uuid4().hex[:8]}"


@asynccontextmanager
async def a_process(store: Store, name: str = "") -> AsyncIterator[tuple[Budgets, Waits]]:
    waits = Waits(CollectorRegistry())
    budgets = Budgets(Sites(store.state), settings=JiraSettings(), waits=waits, process=name)
    async with budgets.shared():
        yield budgets, waits


async def soon(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_refusal_of_one_process_holds_back_the_others(store: Store, site: str) -> None:
    async with a_process(store) as (first, _), a_process(store) as (second, _):
        told, other = (one.of(site, Deployment.CLOUD) for one in (first, second))
        unconcerned = second.of("elsewhere", Deployment.CLOUD)
        began = asyncio.get_running_loop().time()
        told.learn(BOARDS, httpx.Response(429, headers=BURST), asked_at=began)
        await soon(lambda: other.remaining(BOARDS) > 0)
        assert 15 < other.remaining(BOARDS) <= 20
        assert (other.remaining(SEARCH), unconcerned.remaining(BOARDS)) == (0, 0)
        assert (told.limit, other.limit, unconcerned.limit) == (2, 2, 5)


async def test_a_process_that_starts_knows_what_others_were_told(store: Store, site: str) -> None:
    until = datetime.now(UTC) + timedelta(seconds=30)
    await Sites(store.state).cool_down(SharedCoolDown(site=site, family=EVERYTHING, until=until))
    async with a_process(store) as (late, _):
        assert 25 < late.of(site, Deployment.DATA_CENTER).remaining(SEARCH) <= 30


async def test_the_longest_cool_down_stays_whoever_comes_last(store: Store, site: str) -> None:
    sites, now = Sites(store.state), datetime.now(UTC)
    ends = [now + timedelta(seconds=seconds) for seconds in (5, 40, 10)]
    await asyncio.gather(
        *(sites.cool_down(SharedCoolDown(site=site, family=SEARCH, until=until)) for until in ends)
    )
    (found,) = [one for one in await sites.cool_downs() if one.site == site]
    assert abs(found.until - ends[1]) < timedelta(milliseconds=1)


async def test_what_is_over_holds_back_nobody(store: Store, site: str) -> None:
    sites, past = Sites(store.state), datetime.now(UTC) - timedelta(seconds=1)
    await sites.cool_down(SharedCoolDown(site=site, family=SEARCH, until=past))
    await sites.report(site, "fetcher/1", WaitingFor.JIRA, for_=timedelta(seconds=-1))
    assert site not in {one.site for one in await sites.cool_downs()}
    assert (await sites.state_of(site)).model_dump() == {"limited_until": None, "waiting_for": ()}


async def test_a_process_says_what_its_sites_wait_for(store: Store, site: str) -> None:
    sites = Sites(store.state)

    async def said(*words: WaitingFor) -> None:
        async with asyncio.timeout(PATIENCE):
            while (await sites.state_of(site)).waiting_for != words:
                await asyncio.sleep(0.05)

    async with a_process(store, "fetcher/1") as (budgets, waits):
        budgets.of(site, Deployment.CLOUD)
        with waits.on(WaitingFor.JIRA_LIMIT, site), waits.on(WaitingFor.JIRA, "elsewhere"):
            await said(WaitingFor.JIRA_LIMIT)
        with waits.on(WaitingFor.STORE):
            await said(WaitingFor.STORE)
        await said()
