"""One budget for a site: what Jira tells one process, the others that read from the site know as well."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

from pymongo.errors import PyMongoError

from shared.background import in_background
from shared.jira.budget import Budget
from shared.kinds import Deployment, WaitingFor
from shared.logging import get_logger
from shared.settings import JiraSettings
from shared.state.sites import SharedCoolDown, Sites
from shared.waits import Waits

log = get_logger("jira")

_EVERY: Final = 1.0  # seconds between two looks at what others were told
_VALID: Final = timedelta(seconds=5)  # what a process waits for is said again before that
_SAY_AGAIN: Final = 2.0  # seconds
_IDLE: Final = 0.05  # seconds of waiting in a second; less is no work


class Budgets:
    """The budgets of this process. No request asks the store: a task in the background does, once a second.

    A refusal is told at once; the others know it a second later.
    """

    def __init__(self, sites: Sites, *, settings: JiraSettings, waits: Waits, process: str = "") -> None:
        """`process` names one whose work imports wait for; without a name it says nothing of itself."""
        self._sites = sites
        self._process = process
        self._settings = settings
        self._waits = waits
        self._budgets: dict[str, Budget] = {}
        self._news = asyncio.Event()
        self._cool: list[SharedCoolDown] = []
        self._spent: dict[str, dict[WaitingFor, float]] = {}
        self._said: dict[str, tuple[float, WaitingFor | None]] = {}

    def of(self, site: str, deployment: Deployment) -> Budget:
        """Return the budget of a site, with the cool-downs that are known of it."""
        if site not in self._budgets:
            self._budgets[site] = Budget(
                families=deployment is Deployment.CLOUD,
                most=self._settings.max_connections,
                waits=self._waits,
                site=site,
                on_cool_down=self._news.set,
            )
            self._adopt()
        return self._budgets[site]

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Exchange cool-downs with other processes until the end of the block."""
        await self._exchange()
        async with in_background(self._exchange_for_ever()):
            yield

    async def _exchange_for_ever(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY):
                    await self._news.wait()
            self._news.clear()
            await self._exchange()

    async def _exchange(self) -> None:
        try:
            await self._publish()
            self._cool = await self._sites.cool_downs()
            if self._process:
                await self._report()
        except PyMongoError as error:  # each process then slows down by itself, as it is told
            log.warning("limits_not_shared", reason=str(error))
        self._adopt()

    async def _publish(self) -> None:
        for budget in self._budgets.values():
            for family, cool_down in list(budget.fresh.items()):
                until = datetime.now(UTC) + timedelta(seconds=cool_down.until - monotonic())
                log.info(
                    "cooling_down", site=budget.site, family=family, until=until, reason=cool_down.reason
                )
                shared = SharedCoolDown(site=budget.site, family=family, until=until, reason=cool_down.reason)
                await self._sites.cool_down(shared)
                if budget.fresh[family] == cool_down:
                    del budget.fresh[family]

    def _adopt(self) -> None:
        now = datetime.now(UTC)
        for one in self._cool:
            if one.site in self._budgets and one.until > now:
                self._budgets[one.site].adopt(one.family, (one.until - now).total_seconds(), one.reason)

    async def _report(self) -> None:
        """Say what this process has waited for most since the last look, where that is news."""
        for site in self._budgets:
            word, now = self._waited_for(site), monotonic()
            said_at, said = self._said.get(site, (float("-inf"), None))
            if word != said or (word and now - said_at > _SAY_AGAIN):
                await self._sites.report(site, self._process, word, for_=_VALID)
                self._said[site] = now, word

    def _waited_for(self, site: str) -> WaitingFor | None:
        spent = self._waits.spent(site)
        before, self._spent[site] = self._spent.get(site, spent), spent
        since = {word: seconds - before[word] for word, seconds in spent.items()}
        most = max(since, key=since.__getitem__)
        return most if since[most] > _IDLE else None
