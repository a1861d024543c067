"""Somebody who follows a job from its first event to its last, over every break of the connection."""

import asyncio
import json
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import httpx

from deploy.embedded.loopback import loopback
from tests.chaos.world import World
from tests.e2e.running import Json

_AGAIN: Final = 0.2  # seconds until a broken stream is asked for again
_SILENCE: Final = 20.0  # seconds: the connector says something more often than that, be it only a comment
_LAST: Final = 15.0  # seconds within which the stream ends behind the job


class Follower:
    """Comes back with `Last-Event-ID`, as a browser does."""

    def __init__(self, world: World, job_id: str) -> None:
        self._url = f"{world.stack.url('connector')}/api/admin/jira-import/jobs/{job_id}/events"
        self._token = {"Authorization": f"Bearer {world.stack.wiring.api_token}"}
        self._ids: list[str] = []
        self._closed: list[str] = []  # keys of the projects that were said to be loaded
        self._end: Json | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def complaints(self, job: Json) -> list[str]:
        """Return what is wrong with what was told of a job that has ended."""
        await asyncio.wait([self._task], timeout=_LAST)
        if self._end is None:
            return ["events: the stream did not end"]
        found = []
        if len(self._ids) != len(set(self._ids)):
            found.append("events: some came twice")
        if missing := {project["key"] for project in job["projects"]} - set(self._closed):
            found.append(f"events: nothing said that {missing} are loaded")
        if self._end["state"] != job["state"]:
            found.append(f"events: the last one says {self._end['state']}")
        return found

    async def _follow(self) -> None:
        async with loopback(headers=self._token, timeout=_SILENCE) as http:
            while self._end is None:
                with suppress(httpx.TransportError):
                    await self._read(http)
                await asyncio.sleep(_AGAIN)

    async def _read(self, http: httpx.AsyncClient) -> None:
        since = {"Last-Event-ID": self._ids[-1]} if self._ids else {}
        async with http.stream("GET", self._url, headers=since) as response:
            if not response.is_success:
                return
            event: dict[str, str] = {}
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                event[name] = value
                if not line:
                    self._take(event)
                    event = {}

    def _take(self, event: dict[str, str]) -> None:
        if "data" not in event:
            return  # a comment that keeps the connection alive
        data = json.loads(event["data"])
        if event["event"] == "end":
            self._end = data
            return
        if "id" not in event:
            return  # an outlook, which is not replayed
        self._ids.append(event["id"])
        if event["event"] == "project_loaded":
            self._closed.append(data["project_key"])
