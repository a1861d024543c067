"""Settings: read once from the environment, frozen, and strict about names that nobody knows."""

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from services.connector.settings import ConnectorSettings
from services.fetcher.settings import FetcherSettings
from services.loader.settings import LoaderSettings
from shared.service import run
from shared.settings import ServiceSettings

SERVICES = [ConnectorSettings, FetcherSettings, LoaderSettings]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("KAFKA__BOOTSTRAP_SERVERS", "MONGO__URL", "CONNECTOR_API_TOKENS", "SECRETS__KEY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("settings", SERVICES)
def test_the_environment_fills_the_groups(
    settings: type[ServiceSettings], environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("KAFKA__BOOTSTRAP_SERVERS", "broker:9092")
    environment.setenv("MONGO__URL", "mongodb://user:hidden@store")
    environment.setenv("HTTP__PORT", "9100")
    environment.setenv("KAFKA__REQUEST_TIMEOUT", "PT12S")
    read = settings()
    assert read.kafka.bootstrap_servers == "broker:9092"
    assert read.kafka.request_timeout.total_seconds() == 12
    assert read.mongo.url.get_secret_value() == "mongodb://user:hidden@store"
    assert read.http.port == 9100
    assert "hidden" not in repr(read)


@pytest.mark.parametrize("settings", SERVICES)
@pytest.mark.parametrize("name", ["KAFKA__BOOTSTRAP", "MONGO__URI", "HTTP__PROT", "KAFKA__SASL_PASWORD"])
def test_a_mistyped_name_is_refused_and_its_value_not_shown(
    settings: type[ServiceSettings], environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, "very-secret")
    with pytest.raises(ValidationError, match=r"(?i)" + name.split("__")[1]) as caught:
        settings()
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize("settings", SERVICES)
def test_settings_never_change(settings: type[ServiceSettings], environment: pytest.MonkeyPatch) -> None:
    read = settings()
    with pytest.raises(ValidationError, match="frozen"):
        read.log_level = "DEBUG"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        read.kafka.bootstrap_servers = "elsewhere"  # type: ignore[misc]


@pytest.mark.parametrize("value", ["jira.corp, 10.1.2.3", '["jira.corp", "10.1.2.3"]'])
def test_a_list_is_written_with_commas_or_as_json(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("JIRA__ALLOWED_PRIVATE_HOSTS", value)
    assert FetcherSettings().jira.allowed_private_hosts == ("jira.corp", "10.1.2.3")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA__SECURITY_PROTOCOL", "TLS"),
        ("HTTP__PORT", "70000"),
        ("TASKS_AT_ONCE", "0"),
        ("LOG_FORMAT", "xml"),
        ("JIRA__ATTEMPTS", "none"),
    ],
)
def test_an_impossible_value_is_refused(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError):
        FetcherSettings()


@pytest.mark.parametrize(("value", "seconds"), [("PT1.5S", 1.5), ("1.5", 1.5), ("90", 90), ("PT2M", 120)])
def test_a_duration_is_written_in_iso_8601_or_in_seconds(
    environment: pytest.MonkeyPatch, value: str, seconds: float
) -> None:
    environment.setenv("TASK_LEASE", value)
    environment.setenv("JIRA__READ_TIMEOUT", value)
    read = FetcherSettings()
    assert read.task_lease.total_seconds() == read.jira.read_timeout.total_seconds() == seconds


def test_unusable_settings_are_told_in_one_line_without_their_values(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("TASK_LEASE", "a-secret while")
    environment.setenv("JIRA__ATTEMPTS", "a-secret number")
    with pytest.raises(SystemExit) as ended:
        run(FetcherSettings, lambda _settings: FastAPI())
    told = str(ended.value)
    assert told.startswith("cannot start: ")
    assert "TASK_LEASE: Input should be a valid timedelta" in told
    assert "JIRA__ATTEMPTS: Input should be a valid integer" in told
    assert "secret" not in told
    assert "\n" not in told
