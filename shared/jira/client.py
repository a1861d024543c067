"""The client: allow-list, retries with back-off, and errors that say what Jira said."""

import gc
import random
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import perf_counter
from typing import Any, Final

import httpx
import stamina

from shared.jira import answers
from shared.jira.addresses import ensure_address_allowed
from shared.jira.budget import LONGEST_WAIT, Budget
from shared.jira.credentials import Credential
from shared.jira.endpoints import Endpoint, ReadOnlyViolationError, ensure_allowed
from shared.jira.errors import (
    JiraCoolingDownError,
    JiraForbiddenError,
    JiraLoginError,
    JiraTooLargeError,
    JiraUnavailableError,
)
from shared.kinds import Deployment, WaitingFor
from shared.metrics import Metrics
from shared.settings import JiraSettings

LARGEST_ANSWER: Final = 64 * 2**20  # bytes; nothing that is asked for needs that many
_FIRST_WAIT: Final = 0.5
_OF_TRANSFER: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class ReadOnlyTransport(httpx.AsyncHTTPTransport):
    """Lets nothing out that is not on the allow-list, whoever built the request."""

    def __init__(self, base_url: str, **options: Any) -> None:
        super().__init__(**options)
        self._base = httpx.URL(base_url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Check host and raw path against the base URL, then send."""
        url, base = request.url, self._base
        path, prefix = url.raw_path.decode().split("?", 1)[0], base.raw_path.decode().rstrip("/")
        same_host = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
        if not same_host or not path.startswith(f"{prefix}/"):
            raise ReadOnlyViolationError(f"{url.host}{path} lies outside of {base}; nothing was sent.")
        ensure_allowed(request.method, path.removeprefix(prefix))
        return await super().handle_async_request(request)


class JiraClient:
    """Asks one base URL as one account. Open it with `open_client`."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        media: httpx.AsyncClient,
        *,
        deployment: Deployment,
        settings: JiraSettings,
        metrics: Metrics,
        budget: Budget,
        patience: float,
    ) -> None:
        self._http = http
        self._media = media
        self._api = "3" if deployment is Deployment.CLOUD else "2"
        self._settings = settings
        self._metrics = metrics
        self.budget = budget
        self._patience = patience
        self.requests = 0  # that were sent, repeated ones included

    async def get(
        self, endpoint: Endpoint, *, params: Mapping[str, str | int] | None = None, **path: str
    ) -> Any:
        """Return the JSON of a GET; raises JiraError, or JiraUnavailableError when all tries failed."""
        return await self._retrying(endpoint, path, params=params)

    async def post(
        self, endpoint: Endpoint, body: Mapping[str, Any], *, at_most: int = LARGEST_ANSWER, **path: str
    ) -> Any:
        """Return the JSON of a reading POST; raises like `get`, JiraTooLargeError beyond so many bytes."""
        return await self._retrying(endpoint, path, at_most=at_most, json=body)

    async def ask_once(self, endpoint: Endpoint, **path: str) -> httpx.Response:
        """Send a GET once and return the answer whatever it is; raises only when there is none."""
        return await self._send(endpoint, path)

    def retrying(self) -> AsyncIterator[stamina.Attempt]:
        """Iterate over attempts (`async for attempt in ...: with attempt:`) as the settings allow them."""
        return stamina.retry_context(
            on=self._wait_before_retry,
            attempts=self._settings.attempts,
            timeout=None,
            wait_initial=_FIRST_WAIT,
            wait_max=self._settings.max_backoff,
            wait_jitter=_FIRST_WAIT,
        ).__aiter__()

    async def _retrying(self, endpoint: Endpoint, path: dict[str, str], **options: Any) -> Any:
        failed_at = 0.0
        async for attempt in self.retrying():
            if failed_at:
                self._metrics.waits.add(WaitingFor.JIRA, perf_counter() - failed_at, self.budget.site)
            with attempt:
                response = await self._send(endpoint, path, **options)
                return answers.parse(response, endpoint=str(endpoint))
            failed_at = perf_counter()
        raise AssertionError("stamina either returns or raises")

    async def _send(
        self, endpoint: Endpoint, path: dict[str, str], *, at_most: int = LARGEST_ANSWER, **options: Any
    ) -> httpx.Response:
        """Raise the error of a too large answer where nothing of it is at hand.

        stamina's errors wait for the garbage collector, and with them all that their frames hold.
        """
        response = await self._ask(endpoint, path, at_most, **options)
        if response is None:
            gc.collect()  # httpx ties a connection in a circle, and what came on this one is megabytes
            raise JiraTooLargeError(f"Jira's answer to {endpoint} is larger than {at_most} bytes")
        return response

    async def _ask(
        self, endpoint: Endpoint, path: dict[str, str], at_most: int, **options: Any
    ) -> httpx.Response | None:
        url = endpoint.path(api=self._api, **path)
        async with (
            self._asking(endpoint) as answer,
            self._http.stream(endpoint.method, url.lstrip("/"), **options) as streamed,
        ):
            answer(streamed)
            return await _read(streamed, at_most)

    @asynccontextmanager
    async def download(
        self, endpoint: Endpoint, path: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """Stream a file. A redirect to the media host is followed once, without any credential."""
        url = endpoint.path(api=self._api, **path)
        async with self._asking(endpoint) as answer:
            async with self._http.stream(endpoint.method, url.lstrip("/"), headers=headers) as response:
                answer(response)
                location = _other_host(response)
                if location is None:
                    await _check_download(response, endpoint)
                    yield response
                    return
            await ensure_address_allowed(location, self._settings)
            async with self._media.stream("GET", location, headers=headers) as response:
                answer(response)
                await _check_media(response, endpoint)
                yield response

    @asynccontextmanager
    async def _asking(self, endpoint: Endpoint) -> AsyncIterator[Callable[[httpx.Response], None]]:
        """Hold a place while Jira is asked; yields what takes in the head of each answer."""
        name, status = str(endpoint), 0
        async with self.budget.place(name, patience=self._patience) as asked_at:
            began = perf_counter()

            def answer(response: httpx.Response) -> None:
                nonlocal status
                status = response.status_code
                self.budget.learn(name, response, asked_at=asked_at)

            try:
                with self._metrics.waits.on(WaitingFor.JIRA, self.budget.site):
                    yield answer
            except httpx.HTTPError as error:
                raise _no_answer(error, endpoint) from error
            finally:
                self._observe(name, status, perf_counter() - began)

    def _wait_before_retry(self, error: Exception) -> bool | float:
        """Say whether, or after how many seconds, to ask again; a cool-down is waited for before asking."""
        if not isinstance(error, JiraUnavailableError) or isinstance(error, JiraCoolingDownError):
            return False
        if error.status == 429 or error.retry_after is not None:
            return random.uniform(0, _FIRST_WAIT)  # noqa: S311 - jitter needs no secrecy
        return True

    def _observe(self, endpoint: str, status: int, seconds: float) -> None:
        self.requests += 1
        self._metrics.jira_requests.labels(endpoint, str(status)).inc()
        self._metrics.jira_seconds.labels(endpoint).observe(seconds)


@asynccontextmanager
async def open_client(
    *,
    base_url: str,
    deployment: Deployment,
    credential: Credential | None,
    settings: JiraSettings,
    metrics: Metrics,
    budget: Budget | None = None,
    patience: float = LONGEST_WAIT,
) -> AsyncIterator[JiraClient]:
    """Open a client for a base URL (a context path is kept) with or without a credential.

    `budget` is that of the site; without one, the client has a budget of its own. Where Jira's limit asks for
    a longer pause than `patience` (seconds), JiraCoolingDownError is raised.

    Raises AddressRefusedError for a private address that the settings do not allow, UnknownHostError for a
    name that does not resolve. Cookies are refused: Jira would count us as a browser, and a stale session
    can outvote the header.
    """
    await ensure_address_allowed(base_url, settings)
    base = base_url.rstrip("/") + "/"
    verify = _trust(settings.ca_file)
    limits = httpx.Limits(
        max_connections=settings.max_connections, max_keepalive_connections=settings.max_connections
    )
    timeout = httpx.Timeout(
        settings.read_timeout.total_seconds(), connect=settings.connect_timeout.total_seconds(), pool=None
    )
    headers = {
        "Accept": "application/json",
        "User-Agent": "windshift-jira-import",
    }
    transport = ReadOnlyTransport(base, verify=verify, limits=limits)
    plain = httpx.AsyncHTTPTransport(verify=verify, limits=limits)
    async with (
        httpx.AsyncClient(
            base_url=base,
            headers={**headers, **(credential.headers() if credential else {})},
            transport=transport,
            timeout=timeout,
            cookies=_no_cookies(),
            trust_env=False,
        ) as http,
        httpx.AsyncClient(transport=plain, timeout=timeout, cookies=_no_cookies(), trust_env=False) as media,
    ):
        yield JiraClient(
            http,
            media,
            deployment=deployment,
            settings=settings,
            metrics=metrics,
            budget=budget or own_budget(deployment, settings, metrics),
            patience=patience,
        )


def warm_up(settings: JiraSettings) -> None:
    """Load what the first client of a process would otherwise wait for: 0.1 s of every first import."""
    httpx.AsyncHTTPTransport(verify=_trust(settings.ca_file))


def own_budget(deployment: Deployment, settings: JiraSettings, metrics: Metrics) -> Budget:
    """Return a budget that is shared with nobody."""
    return Budget(families=deployment is Deployment.CLOUD, most=settings.max_connections, waits=metrics.waits)


@lru_cache(maxsize=4)
def _trust(ca_file: str | None) -> ssl.SSLContext:
    """Read the authorities once: it takes 20 ms, which an admin who connects would wait for five times."""
    return ssl.create_default_context(cafile=ca_file)


def _no_cookies() -> CookieJar:
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))


def _other_host(response: httpx.Response) -> str | None:
    """Return where a redirect to the media host goes; None for all else, as a login page on the same host."""
    if not response.is_redirect:
        return None
    try:
        target = response.url.join(response.headers.get("location", ""))
    except httpx.InvalidURL:
        return None
    return None if target.netloc == response.url.netloc else str(target)


async def _check_download(response: httpx.Response, endpoint: Endpoint) -> None:
    if response.status_code not in (200, 206):
        await response.aread()
        answers.raise_for_answer(response, endpoint=str(endpoint))


async def _check_media(response: httpx.Response, endpoint: Endpoint) -> None:
    """What the media host refuses says nothing about the account: no credential was sent there."""
    try:
        await _check_download(response, endpoint)
    except JiraLoginError as error:
        raise JiraForbiddenError(error.jira_message, status=error.status, endpoint=error.endpoint) from error


async def _read(streamed: httpx.Response, at_most: int) -> httpx.Response | None:
    """Return an answer with all of its content, None for one that is too large.

    As an answer of its own: httpx ties a streamed one and its stream in a circle, for the collector to free.
    """
    pieces, size = [], 0
    async for piece in streamed.aiter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > at_most:
            return None
    headers = [(name, value) for name, value in streamed.headers.multi_items() if name not in _OF_TRANSFER]
    return httpx.Response(streamed.status_code, headers=headers, content=b"".join(pieces))


def _no_answer(error: httpx.HTTPError, endpoint: Endpoint) -> JiraUnavailableError:
    words = str(error) or type(error).__name__
    return JiraUnavailableError(words, status=0, endpoint=str(endpoint))
