"""A reverse proxy that changes answers on their way: a Jira whose answers are not shaped as Jira's are."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from deploy.embedded.loopback import loopback
from deploy.jira_simulator.errors import Refused

# Gets path (with query) and the JSON of an answer; returns the JSON to answer with.
Change = Callable[[str, Any], Any]
# Gets path (with query) and body of a request; returns the answer to give instead, or None for Jira's own.
Instead = Callable[[str, bytes], Refused | None]
# Gets path, body of a request and the whole answer to it; returns what goes over the line in its place.
Spoil = Callable[[str, bytes, bytes], bytes]
_FORWARDED = ("authorization", "content-type", "accept")


@asynccontextmanager
async def changing(
    upstream: str,
    change: Change | None = None,
    *,
    instead: Instead | None = None,
    spoil: Spoil | None = None,
) -> AsyncIterator[str]:
    """Stand before a simulator on a free port and yield its URL; only JSON answers are changed.

    The connection ends behind an answer that was spoilt.
    """
    async with loopback(base_url=upstream, timeout=20) as http:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                    path, body = head[0].split(" ")[1], await _body(head, reader)
                    answer = await _answer(http, head, body, change, instead)
                    spoilt = spoil(path, body, answer) if spoil else answer
                    writer.write(spoilt)
                    await writer.drain()
                    if spoilt != answer:
                        return
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _body(head: list[str], reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int(_headers(head).get("content-length", 0)))


def _headers(head: list[str]) -> dict[str, str]:
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name}


async def _answer(
    http: httpx.AsyncClient,
    head: list[str],
    body: bytes,
    change: Change | None,
    instead: Instead | None,
) -> bytes:
    method, path, _ = head[0].split(" ")
    headers = _headers(head)
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
