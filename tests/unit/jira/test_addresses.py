"""Private and loopback addresses are asked only where the settings name them."""

import pytest

from shared.jira.addresses import AddressRefusedError, UnknownHostError, ensure_address_allowed
from shared.settings import JiraSettings


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - refused here
        "224.0.0.1", "[::1]", "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]", "2130706433",
        "127.1",
    ],
)  # fmt: skip
async def test_an_address_of_this_network_is_refused(host: str) -> None:
    with pytest.raises(AddressRefusedError, match="private or loopback"):
        await ensure_address_allowed(f"http://{host}:8080/jira", JiraSettings())


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700:4700::1111]"])
async def test_an_address_of_the_internet_is_not(host: str) -> None:
    await ensure_address_allowed(f"https://{host}/jira", JiraSettings())


async def test_the_settings_allow_one_host_or_all() -> None:
    named = JiraSettings(allowed_private_hosts=("10.1.2.3", "Jira.Corp.Example"))
    await ensure_address_allowed("https://10.1.2.3/jira", named)
    await ensure_address_allowed("https://jira.corp.example/", named)
    with pytest.raises(AddressRefusedError):
        await ensure_address_allowed("https://10.1.2.4/jira", named)
    await ensure_address_allowed("http://10.1.2.4", JiraSettings(allow_private_addresses=True))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", f"{'x' * 70}.example.com", ".example.com"])
async def test_a_name_that_does_not_resolve_is_named(host: str) -> None:
    with pytest.raises(UnknownHostError, match=f"'{host}' cannot be found"):
        await ensure_address_allowed(f"https://{host}/", JiraSettings())
