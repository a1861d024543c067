"""One route as an ASGI application: counts, delays, breaks on demand, authenticates, checks, answers."""

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.types import Receive, Scope, Send

from deploy.jira_simulator import accounts
from deploy.jira_simulator.accounts import ANONYMOUS, Login
from deploy.jira_simulator.errors import Refused, bad_request
from deploy.jira_simulator.faults import Rule
from deploy.jira_simulator.http import Answer, Call, Endpoint
from deploy.jira_simulator.routes import edits
from deploy.jira_simulator.world import World


class Port:
    def __init__(self, world: World, endpoint: Endpoint, *, gateway: bool = False) -> None:
        self._world = world
        self._endpoint = endpoint
        self._gateway = gateway
        self._route = endpoint.counted_as or endpoint.name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        counters = self._world.counters
        counters.enter(self._route)
        status = 0
        try:
            body = await _read(receive)
            if self._world.latency_ms:
                await asyncio.sleep(self._world.latency_ms / 1000)
            fault = self._world.faults.pick(self._route, scope["path"])
            if fault is not None and fault.kind == "slow":
                await asyncio.sleep(fault.ms / 1000)
            if fault is not None and fault.kind == "edit":
                edits.apply(self._world, fault.edits)
            answer = self._answer(scope, body, fault)
            status = answer.status
            await _send(answer, send, fault)
        finally:
            counters.leave(status)

    def _answer(self, scope: Scope, body: bytes, fault: Rule | None) -> Answer:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        login = ANONYMOUS
        user = accounts.secret_of(headers.get("authorization", ""))
        charge = self._world.limits.charge(self._route, user)
        try:
            if charge.refused is not None:
                raise charge.refused
            if fault is not None:
                self._strike(fault, headers)
            login = self._world.login(headers.get("authorization", ""), gateway=self._gateway)
            if login.token is not None and login.token.scopes is not None:
                self._check_scopes(login.token.scopes)
            answer = self._endpoint.handler(self._call(scope, headers, body, login))
        except Refused as refused:
            answer = Answer(refused.status, refused.body, refused.headers)
        answer.headers = {**dict(login.headers), **charge.headers, **answer.headers}
        return answer

    def _strike(self, fault: Rule, headers: dict[str, str]) -> None:
        if fault.kind == "expire":
            secret = accounts.secret_of(headers.get("authorization", ""))
            self._world.dead.add(secret)
        refused = fault.answer()
        if refused is not None:
            raise refused

    def _check_scopes(self, scopes: frozenset[str]) -> None:
        if not self._endpoint.scopes <= scopes:
            raise accounts.gateway_refusal("Unauthorized; scope does not match")

    def _call(self, scope: Scope, headers: dict[str, str], body: bytes, login: Login) -> Call:
        world = self._world
        return Call(
            world=world,
            login=login,
            shape=world.shape(gateway=self._gateway),
            path=scope["path"],
            params=scope["path_params"],
            query=self._query(scope),
            headers=headers,
            body=self._body(scope, headers, body),
            visible=world.visible(login),
        )

    def _query(self, scope: Scope) -> dict[str, list[str]]:
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        unknown = query.keys() - self._endpoint.query
        if unknown:
            raise bad_request(*[f"Unknown query parameter '{name}'." for name in sorted(unknown)])
        return query

    def _body(self, scope: Scope, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        members = self._endpoint.body
        if members is None:
            return {}
        kind = headers.get("content-type", "null")
        if not kind.startswith("application/json"):
            shown = {"title": "Unsupported Media Type", "detail": f"Content-Type '{kind}' is not supported."}
            raise Refused(
                415, {**shown, "instance": scope["path"]}, {"content-type": "application/problem+json"}
            )
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise bad_request(
                "There was an error parsing JSON. Check that your request body is valid."
            ) from None
        if not isinstance(given, dict):
            raise bad_request(_PAYLOAD)
        for name, value in given.items():
            if name not in members:
                raise bad_request(f'Unrecognized field "{name}". {_PAYLOAD}')
            _check_type(name, value, members[name])
        return given


_PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."


def _check_type(name: str, value: Any, types: tuple[type, ...]) -> None:
    right = isinstance(value, types) and (bool in types or not isinstance(value, bool))
    if right and isinstance(value, list):
        right = all(isinstance(entry, str | int) for entry in value)
    if not right and value is not None:
        raise bad_request(f"The member '{name}' has the wrong type. {_PAYLOAD}")


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _send(answer: Answer, send: Send, fault: Rule | None) -> None:
    body = answer.body
    if fault is not None and fault.kind == "truncated-json":
        body = body[: len(body) // 2]
    length = answer.headers.pop("content-length", str(len(body)))
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    headers.append((b"content-length", length.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if fault is not None and fault.kind == "cut":
        # Less than announced, then nothing more: the server closes the connection.
        some = body[: len(body) // 2] or next(answer.stream or iter((b"",)))[: int(length) // 2]
        await send({"type": "http.response.body", "body": some, "more_body": True})
        return
    await _send_body(body, answer.stream, send)


async def _send_body(body: bytes, stream: Iterator[bytes] | None, send: Send) -> None:
    for piece in stream or ():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": body, "more_body": False})
