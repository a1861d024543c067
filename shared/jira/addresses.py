"""Which hosts may be asked: a private or loopback address only where the settings name it."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from shared.errors import PermanentError, TransientError
from shared.settings import JiraSettings


class AddressRefusedError(PermanentError):
    """The host is on this network and the settings do not name it."""


class UnknownHostError(TransientError):
    """The name does not resolve."""


async def ensure_address_allowed(url: str, settings: JiraSettings) -> None:
    """Raise AddressRefusedError for a host that only this network can reach, unless it is allowed."""
    host = urlsplit(url).hostname or ""
    if settings.allow_private_addresses or host in settings.allowed_private_hosts:
        return
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UnknownHostError(f"The host {host!r} cannot be found: {error.strerror or error}") from error
    for *_, address in found:
        if not ipaddress.ip_address(address[0]).is_global:
            raise AddressRefusedError(
                f"{host} is a private or loopback address. To import from it, name it in"
                " JIRA__ALLOWED_PRIVATE_HOSTS of the connector and the fetcher."
            )
