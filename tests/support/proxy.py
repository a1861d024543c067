"""A reverse proxy that changes answers on their way: a Jira whose answers are not shaped as Jira's are."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from deploy.jira_simulator.errors import Refused

# Gets path (with query) and the JSON of an answer; returns the JSON to answer with.
Change = Callable[[str, Any], Any]
# Gets path (with query) and body of a request; returns the answer to give instead, or None for Jira's own.
Instead = Callable[[str, bytes], Refused | None]
_FORWARDED = ("authorization", "content-type", "accept")


@asynccontextmanager
async def changing(
    upstream: str, change: Change | None = None, *, instead: Instead | None = None
) -> AsyncIterator[str]:
    """Stand before a simulator on a free port and yield its URL; only JSON answers are changed."""
    async with httpx.AsyncClient(base_url=upstream, trust_env=False, timeout=20) as http:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                    writer.write(await _answer(http, head, reader, change, instead))
                    await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _answer(
    http: httpx.AsyncClient,
    head: list[str],
    reader: asyncio.StreamReader,
    change: Change | None,
    instead: Instead | None,
) -> bytes:
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    if instead and (refused := instead(path, body)):
        return _encode(refused.status, refused.headers, refused.body)
    sent = {name: value for name, value in headers.items() if name in _FORWARDED}
    response = await http.request(method, path, content=body, headers=sent)
    payload = response.content
    if change and response.is_success and "json" in response.headers.get("content-type", ""):
        payload = orjson.dumps(change(path, orjson.loads(payload)))
    kept = {k: v for k, v in response.headers.items() if k in ("content-type", "location")}
    return _encode(response.status_code, kept, payload)


def _encode(status: int, headers: Mapping[str, str], payload: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"content-length: {len(payload)}", "", ""]).encode() + payload
