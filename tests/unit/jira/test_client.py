"""What the client refuses to send, watched from a listening socket: nothing arrives there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from prometheus_client import CollectorRegistry

from shared.jira import endpoints
from shared.jira.addresses import AddressRefusedError
from shared.jira.client import JiraClient, ReadOnlyTransport, open_client
from shared.jira.credentials import Credential
from shared.jira.endpoints import Endpoint, ReadOnlyViolationError
from shared.jira.errors import JiraUnavailableError
from shared.kinds import Deployment, TokenKind
from shared.metrics import Metrics
from shared.settings import JiraSettings

LOCAL = JiraSettings(allow_private_addresses=True, attempts=1)
CREDENTIAL = Credential(TokenKind.PAT, "", "very-secret")


@dataclass
class Listener:
    """A server that answers `{}` to everything and keeps what it was sent."""

    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests.append(head)
                headers = b"content-type: application/json\r\nset-cookie: JSESSIONID=1; Path=/\r\n"
                writer.write(b"HTTP/1.1 200 OK\r\n" + headers + b"content-length: 2\r\n\r\n{}")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    found = Listener()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield found


@pytest.fixture
async def client(listener: Listener) -> AsyncIterator[JiraClient]:
    async with open_client(
        base_url=f"{listener.url}/jira",
        deployment=Deployment.DATA_CENTER,
        credential=CREDENTIAL,
        settings=LOCAL,
        metrics=Metrics(CollectorRegistry()),
    ) as opened:
        yield opened


@pytest.mark.parametrize("key", ["A/../B", "../x", "A?expand=names", "A%2FB", "A B", ".."])
async def test_a_hostile_key_never_leaves_the_process(
    client: JiraClient, listener: Listener, key: str
) -> None:
    with pytest.raises(ReadOnlyViolationError):
        await client.get(endpoints.ISSUE, issue=key)
    assert listener.connections == 0


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "POST"])
async def test_a_writing_endpoint_never_leaves_the_process(
    client: JiraClient, listener: Listener, method: str
) -> None:
    endpoint = Endpoint(method, "/rest/api/{api}/issue/{issue}")
    with pytest.raises(ReadOnlyViolationError, match=f"{method} /rest/api/2/issue/A-1 is not on the list"):
        await client.post(endpoint, {}, issue="A-1")
    with pytest.raises(ReadOnlyViolationError):
        async with client.download(endpoint, {"issue": "A-1"}):
            pass
    assert listener.connections == 0


async def test_nobody_who_holds_the_transport_gets_around_the_list(listener: Listener) -> None:
    transport = ReadOnlyTransport(f"{listener.url}/jira/")
    async with httpx.AsyncClient(transport=transport) as http:
        for url in (
            f"{listener.url}/jira/rest/api/2/issue/A-1/../../../../admin",
            f"{listener.url}/rest/api/2/issue/A-1",  # outside of the context path
            f"{listener.url}/jirarest/api/2/myself",
            listener.url.replace("127.0.0.1", "localhost") + "/jira/rest/api/2/myself",
            "http://elsewhere.invalid/jira/rest/api/2/myself",
        ):
            with pytest.raises(ReadOnlyViolationError):
                await http.get(url)
        assert listener.connections == 0
        assert (await http.get(f"{listener.url}/jira/rest/api/2/issue/A-1?expand=names")).status_code == 200


async def test_what_is_allowed_arrives_once_with_its_credential_and_without_cookies(
    client: JiraClient, listener: Listener
) -> None:
    for _ in range(2):
        assert await client.get(endpoints.COMMENTS, issue="ABC-1", params={"startAt": 5}) == {}
    assert [request.split(b"\r\n", 1)[0] for request in listener.requests] == [
        b"GET /jira/rest/api/2/issue/ABC-1/comment?startAt=5 HTTP/1.1"
    ] * 2
    assert all(b"uthorization: Bearer very-secret" in request for request in listener.requests)
    assert not any(b"cookie" in request.lower() for request in listener.requests)


async def test_a_private_address_is_refused_before_anything_is_sent(listener: Listener) -> None:
    with pytest.raises(AddressRefusedError, match="JIRA__ALLOWED_PRIVATE_HOSTS"):
        async with open_client(
            base_url=listener.url,
            deployment=Deployment.CLOUD,
            credential=CREDENTIAL,
            settings=JiraSettings(),
            metrics=Metrics(CollectorRegistry()),
        ):
            pass
    assert listener.connections == 0


async def test_a_host_that_is_gone_is_worth_another_try() -> None:
    async with open_client(
        base_url="http://127.0.0.1:9",  # the discard port: nobody listens
        deployment=Deployment.CLOUD,
        credential=CREDENTIAL,
        settings=LOCAL,
        metrics=Metrics(CollectorRegistry()),
    ) as gone:
        with pytest.raises(JiraUnavailableError, match="Jira did not answer to GET") as caught:
            await gone.get(endpoints.MYSELF)
    assert caught.value.reason == "transport"
