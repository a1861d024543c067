"""The variables that the embedded stack sets, read by the settings classes of the services."""

import base64

import pytest

from deploy.embedded.environment import Wiring, environment_of
from services.connector.settings import ConnectorSettings
from services.fetcher.settings import FetcherSettings
from services.loader.settings import LoaderSettings

WIRING = Wiring("127.0.0.1:1234", "mongodb://127.0.0.1:5678", "http://127.0.0.1:9")


def test_every_service_learns_where_broker_and_store_are_and_where_to_listen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    classes = {"connector": ConnectorSettings, "fetcher-2": FetcherSettings, "loader": LoaderSettings}
    for service, settings_class in classes.items():
        with monkeypatch.context() as patch:
            for name, value in environment_of(service, 4321, WIRING).items():
                patch.setenv(name, value)
            settings = settings_class()
        assert settings.service_name == service
        assert settings.kafka.bootstrap_servers == WIRING.kafka_bootstrap
        assert settings.mongo.url.get_secret_value() == WIRING.mongo_url
        assert (settings.http.host, settings.http.port) == ("127.0.0.1", 4321)


def test_those_that_ask_jira_get_the_key_the_gateway_and_leave_for_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment_of("fetcher-1", 1, WIRING).items():
        monkeypatch.setenv(name, value)
    settings = FetcherSettings()
    assert settings.jira.gateway_url == WIRING.jira_gateway
    assert settings.jira.allow_private_addresses
    assert settings.secrets.key is not None
    assert len(base64.b64decode(settings.secrets.key.get_secret_value())) == 32


def test_the_connector_knows_its_callers_and_the_same_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of("connector", 1, WIRING).items():
        monkeypatch.setenv(name, value)
    settings = ConnectorSettings()
    assert [token.get_secret_value() for token in settings.api_tokens] == [WIRING.api_token]
    assert settings.gateway_url == WIRING.jira_gateway


def test_the_loader_gets_no_secret() -> None:
    ours = environment_of("loader", 1, WIRING)
    assert WIRING.secrets_key not in ours.values()
    assert WIRING.api_token not in ours.values()


def test_overrides_win() -> None:
    assert environment_of("loader", 1, WIRING, {"LOG_LEVEL": "DEBUG"})["LOG_LEVEL"] == "DEBUG"


def test_secrets_differ_between_two_stacks_and_do_not_show() -> None:
    other = Wiring("a", "b")
    assert other.api_token != WIRING.api_token
    assert WIRING.api_token not in repr(WIRING)
    assert WIRING.secrets_key not in repr(WIRING)
