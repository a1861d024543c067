"""Compose file, Dockerfile, settings classes, `.env.example`, topics and scrape targets fit each other."""

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices, BaseModel

from deploy.jira_simulator.config import parse_args
from deploy.kafka.topics import read_topics
from services.connector.settings import ConnectorSettings
from services.fetcher.settings import FetcherSettings
from services.loader.settings import LoaderSettings
from shared.contracts.channels import CHANNELS
from shared.settings import ServiceSettings
from tests.support import containers

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "connector": ConnectorSettings,
    "fetcher": FetcherSettings,
    "loader": LoaderSettings,
}
# Fields that a container isn't told: its name is the default, two need a file mounted, one is for demos.
NOT_IN_COMPOSE = {"SERVICE_NAME", "SECRETS__KEY_FILE", "JIRA__CA_FILE", "ALLOW_UNAUTHENTICATED"}
SECRETS = {
    "CONNECTOR_API_TOKENS": "a-token,another",
    "SECRETS__KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "GRAFANA_ADMIN_PASSWORD": "a-password",
}
PORT = 8080


@dataclass(frozen=True)
class Example:
    """One line of `.env.example`; a line with `#` before it only shows the default."""

    name: str
    value: str
    active: bool


@cache
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def compose_services() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = compose()["services"]
    return services


@cache
def examples() -> tuple[Example, ...]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    found = (re.fullmatch(r"(# )?([A-Z][A-Z0-9_]+)=(.*)", line) for line in lines)
    return tuple(Example(m[2], m[3].strip("'"), m[1] is None) for m in found if m)


def variables(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Names of the environment variables behind a settings class: `GROUP__FIELD`."""
    for name, info in model.model_fields.items():
        alias = info.validation_alias
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from variables(info.annotation, f"{name.upper()}__")
        else:
            yield str(alias.choices[0]) if isinstance(alias, AliasChoices) else prefix + name.upper()


def dot_env() -> dict[str, str]:
    """What `.env` holds when somebody copied the example and filled in the secrets."""
    return {example.name: example.value for example in examples() if example.active} | SECRETS


def resolved(text: str) -> str:
    """Interpolate as compose does."""
    known = dot_env()

    def replace(match: re.Match[str]) -> str:
        name, rest = match[1], match[2] or ""
        return known.get(name) or rest.removeprefix(":-")

    return re.sub(r"\$\{(\w+)(:[-?][^}]*)?}", replace, text)


def environment(service: str) -> dict[str, str]:
    """What a container's process sees: names without a value are handed on where `.env` has them."""
    given = compose_services()[service]["environment"]
    values = {
        name: dot_env().get(name) if value is None else resolved(value) for name, value in given.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def one_shots() -> set[str]:
    """Services that others wait for until they have ended well."""
    return {
        name
        for service in compose_services().values()
        for name, wanted in service.get("depends_on", {}).items()
        if wanted["condition"] == "service_completed_successfully"
    }


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for model in SETTINGS.values():
        for name in variables(model):
            monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("service", SETTINGS)
def test_each_variable_of_a_service_is_a_field_and_each_field_is_named(service: str) -> None:
    assert (
        set(compose_services()[service]["environment"]) == set(variables(SETTINGS[service])) - NOT_IN_COMPOSE
    )


def test_env_example_names_each_variable_and_no_other() -> None:
    fields = {name for model in SETTINGS.values() for name in variables(model)}
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    names = [example.name for example in examples()]
    assert len(names) == len(set(names))
    assert set(names) == fields | asked


@pytest.mark.parametrize("service", SETTINGS)
def test_the_defaults_shown_are_the_defaults(service: str, clean_environment: pytest.MonkeyPatch) -> None:
    model = SETTINGS[service]
    plain = model()
    for example in examples():
        if not example.active and example.value and example.name != "SERVICE_NAME":
            clean_environment.setenv(example.name, example.value)
    assert model() == plain


def test_the_defaults_of_compose_are_shown_too() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    fields = {name for model in SETTINGS.values() for name in variables(model)}
    shown = {example.name: example.value for example in examples()}
    for name, default in re.findall(r"\$\{(\w+):-([^}]*)}", text):
        if name not in fields:
            assert shown[name] == default


@pytest.mark.parametrize("service", SETTINGS)
def test_a_container_gets_settings_that_are_valid(
    service: str, clean_environment: pytest.MonkeyPatch
) -> None:
    for name, value in environment(service).items():
        clean_environment.setenv(name, value)
    settings = SETTINGS[service]()
    kafka = compose_services()["kafka"]["environment"]
    mongo = compose_services()["mongo"]["command"]
    assert (settings.http.host, settings.http.port) == ("0.0.0.0", PORT)  # noqa: S104 - inside a container
    assert f"INTERNAL://{settings.kafka.bootstrap_servers}," in kafka["KAFKA_ADVERTISED_LISTENERS"]
    assert f"replicaSet={mongo[mongo.index('--replSet') + 1]}" in settings.mongo.url.get_secret_value()
    if isinstance(settings, ConnectorSettings):
        settings.ensure_callers_can_be_told_apart()
        assert "jira-simulator" in settings.jira.allowed_private_hosts


def test_secrets_are_asked_for_and_reach_only_those_who_need_them() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    for name in SECRETS:
        assert f"${{{name}:?" in text
        assert Example(name, "", active=True) in examples()
    holders = {
        name: {s for s in SETTINGS if name in compose_services()[s]["environment"]} for name in SECRETS
    }
    assert holders["SECRETS__KEY"] == {"connector", "fetcher"}
    assert holders["CONNECTOR_API_TOKENS"] == {"connector"}
    assert not any(name.startswith("JIRA__") for name in compose_services()["loader"]["environment"])


def test_every_channel_has_its_topic_and_dead_letter_topic() -> None:
    wanted = {name for channel in CHANNELS for name in (channel.topic, channel.dead_letter_topic)}
    assert {topic.name for topic in read_topics()} == wanted


def test_fetchers_run_side_by_side_and_have_partitions_to_share() -> None:
    fetcher = compose_services()["fetcher"]
    assert fetcher["deploy"]["replicas"] == 2
    assert "ports" not in fetcher
    assert "container_name" not in fetcher
    tasks = next(topic for topic in read_topics() if topic.name == "jira.fetch.task.v1")
    assert tasks.partitions >= fetcher["deploy"]["replicas"]


def test_images_are_pinned() -> None:
    for name, service in compose_services().items():
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", service["image"]), name
    assert compose_services()["kafka"]["image"] == containers.KAFKA_IMAGE
    assert compose_services()["mongo"]["image"] == containers.MONGO_IMAGE
    assert re.search(r"^ARG PYTHON=3\.\d+-slim-\w+$", dockerfile(), re.MULTILINE)


def test_what_runs_has_a_health_check_and_what_waits_waits_for_one() -> None:
    services = compose_services()
    for name, service in services.items():
        assert ("healthcheck" in service) != (name in one_shots()), name
        for other, wanted in service.get("depends_on", {}).items():
            assert other in services
            assert wanted["condition"] != "service_healthy" or "healthcheck" in services[other]
    for name in SETTINGS:
        assert services[name]["depends_on"]["kafka-init"]["condition"] == "service_completed_successfully"
        assert services[name]["depends_on"]["mongo"]["condition"] == "service_healthy"


def test_containers_can_do_little_and_are_reached_from_this_machine_only() -> None:
    for name, service in compose_services().items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["stop_grace_period"] == "30s", name
        assert service["read_only"] is (name != "kafka"), name  # its image writes beside its program
        assert service["restart"] == ("on-failure:5" if name in one_shots() else "unless-stopped"), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name


def test_published_ports_differ() -> None:
    ports = [resolved(port).split(":")[1] for s in compose_services().values() for port in s.get("ports", ())]
    assert len(ports) == len(set(ports))


def test_volumes_are_named_and_what_is_mounted_exists() -> None:
    sources = [volume.split(":")[0] for s in compose_services().values() for volume in s.get("volumes", ())]
    assert {source for source in sources if not source.startswith(".")} == set(compose()["volumes"])
    assert [source for source in sources if source.startswith(".") and not (ROOT / source).exists()] == []


def test_prometheus_scrapes_every_service_where_it_listens() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    targets = {job["job_name"]: set(_targets(job)) for job in config["scrape_configs"]}
    assert targets.pop("prometheus") == {"localhost:9090"}
    assert targets == {name: {f"{name}:{PORT}"} for name in SETTINGS}
    fetcher = next(job for job in config["scrape_configs"] if job["job_name"] == "fetcher")
    assert "dns_sd_configs" in fetcher  # a fixed name would be one replica, another at each scrape


def _targets(job: dict[str, Any]) -> Iterator[str]:
    for static in job.get("static_configs", ()):
        yield from static["targets"]
    for found in job.get("dns_sd_configs", ()):
        yield from (f"{name}:{found['port']}" for name in found["names"])


def dockerfile() -> str:
    return (ROOT / "deploy/docker/Dockerfile").read_text(encoding="utf-8")


def stages() -> dict[str, str]:
    """Body of each stage by its name."""
    parts = re.split(r"^FROM (\S+) AS ([\w-]+)\n", dockerfile(), flags=re.MULTILINE)[1:]
    return {name: body for _, name, body in zip(*[iter(parts)] * 3, strict=True)}


def test_every_image_of_ours_is_a_stage_that_runs_one_module() -> None:
    for name, service in compose_services().items():
        if "build" in service:
            build = service["build"]
            assert (ROOT / build["context"] / build["dockerfile"]).is_file()
            command = re.search(r"^CMD (\[.*])$", stages()[build["target"]], re.MULTILINE)
            assert command, name
            python, dash_m, module, *_ = json.loads(command[1])
            assert (python, dash_m) == ("python", "-m")
            assert importlib.util.find_spec(module), module


def test_the_image_is_small_in_rights_and_installs_what_was_locked() -> None:
    assert "--require-hashes" in stages()["builder"]
    assert "USER 10001:10001" in stages()["runtime"]
    assert f"EXPOSE {PORT}" in stages()["service"]
    assert f"'127.0.0.1', {PORT}" in stages()["service"]
    assert re.search(r"^HEALTHCHECK ", stages()["service"], re.MULTILINE)


def test_what_is_copied_into_the_image_exists_and_is_not_ignored() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for source in re.findall(r"^COPY (?!--from)(\S+) ", dockerfile(), re.MULTILINE):
        assert (ROOT / source).exists()
        assert f"!{source.split('/')[0]}/" in ignore
        assert not any(source.startswith(line) for line in ignore if line.endswith("/"))


def test_the_simulator_understands_its_command_line() -> None:
    simulator = compose_services()["jira-simulator"]
    config = parse_args([resolved(argument) for argument in simulator["command"][3:]])
    assert simulator["profiles"] == ["demo"]
    assert (config.port, config.base_url) == (PORT, f"http://jira-simulator:{PORT}")
    assert config.deployment == "datacenter"  # Cloud's media host has no name in compose's network
