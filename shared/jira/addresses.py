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
    allowed = {name.lower() for name in settings.allowed_private_hosts}
    if settings.allow_private_addresses or host in allowed:
        return
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: no name of the DNS at all
        reason = getattr(error, "strerror", None) or error
        raise UnknownHostError(f"The host {host!r} cannot be found: {reason}") from error
    for *_, address in found:
        ip = ipaddress.ip_address(address[0])
        if not ip.is_global or ip.is_multicast:
            raise AddressRefusedError(
                f"{host} is a private or loopback address. To import from it, name it in"
                " JIRA__ALLOWED_PRIVATE_HOSTS of the connector and the fetcher."
            )
