"""Who may call, as the settings decide it."""

import pytest
from pydantic import SecretStr, ValidationError

from services.connector.app import create_app
from services.connector.settings import ConnectorSettings
from shared.errors import ConfigError
from shared.settings import HttpSettings, JiraSettings, SecretsSettings


@pytest.mark.parametrize("name", ["CONNECTOR_API_TOKENS", "API_TOKENS"])
def test_tokens_are_a_comma_list(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "old, new,")
    tokens = ConnectorSettings().api_tokens

    assert [token.get_secret_value() for token in tokens] == ["old", "new"]
    assert "old" not in repr(tokens)


def test_without_tokens_nothing_starts() -> None:
    with pytest.raises(ConfigError, match="CONNECTOR_API_TOKENS is empty"):
        create_app(ConnectorSettings())


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)],  # noqa: S104
)
def test_the_demo_switch_is_for_loopback_only(host: str, allowed: bool) -> None:
    settings = ConnectorSettings(allow_unauthenticated=True, http=HttpSettings(host=host))
    if allowed:
        settings.ensure_callers_can_be_told_apart()
    else:
        with pytest.raises(ConfigError, match="loopback"):
            settings.ensure_callers_can_be_told_apart()


def test_without_a_key_nothing_starts() -> None:
    with pytest.raises(ConfigError, match="SECRETS__KEY"):
        create_app(ConnectorSettings(api_tokens=(SecretStr("x"),)))


def test_an_unusable_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETS__KEY", "a-real-secret")
    monkeypatch.setenv("SECRETS__KEY_IDENTITY", "another-secret")
    with pytest.raises(ValidationError) as raised:
        ConnectorSettings()

    assert "secret" not in str(raised.value).replace("secrets", "")


def test_the_gateway_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ConnectorSettings().gateway_url == "https://api.atlassian.com"
    assert ConnectorSettings(jira=JiraSettings(gateway_url="https://b/")).gateway_url == "https://b"
    monkeypatch.setenv("ATLASSIAN_GATEWAY_URL", "https://c.example/")
    assert ConnectorSettings(secrets=SecretsSettings()).gateway_url == "https://c.example"
