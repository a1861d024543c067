"""`python -m deploy.docs`: writes the table of settings into README.md, from the settings classes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import AliasChoices, BaseModel, SecretStr, TypeAdapter

from services.connector.settings import ConnectorSettings
from services.fetcher.settings import FetcherSettings
from services.loader.settings import LoaderSettings
from shared.settings import ServiceSettings

README: Final = Path(__file__).parents[1] / "README.md"
BEGIN: Final = "<!-- settings: written by `make docs` -->"
END: Final = "<!-- end of settings -->"

SETTINGS: Final[dict[str, type[ServiceSettings]]] = {
    "connector": ConnectorSettings,
    "fetcher": FetcherSettings,
    "loader": LoaderSettings,
}

MEANING: Final = {
    "SERVICE_NAME": "name in logs and metrics; by default the service's own",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "LOG_FORMAT": "json, console, or auto (JSON unless on a terminal)",
    "KAFKA__BOOTSTRAP_SERVERS": "brokers, `host:port`, separated by commas",
    "KAFKA__REQUEST_TIMEOUT": "longest wait for one answer of a broker",
    "KAFKA__SESSION_TIMEOUT": "a consumer that is silent for so long is replaced",
    "KAFKA__MAX_POLL_INTERVAL": "a consumer that takes no further records for so long is replaced",
    "KAFKA__SECURITY_PROTOCOL": "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; SASL means its mechanism PLAIN",
    "KAFKA__SASL_USERNAME": "user at the broker",
    "KAFKA__SASL_PASSWORD": "password at the broker",
    "MONGO__URL": "connection string, with user and password where the store asks for them",
    "MONGO__STATE_DATABASE": "our own state: connections, imports, tasks, dead letters",
    "MONGO__WINDSHIFT_DATABASE": "Windshift's documents and attachments",
    "HTTP__HOST": "address to listen on",
    "HTTP__PORT": "port of API, health and metrics; each process on one machine needs its own",
    "JIRA__GATEWAY_URL": "where scoped Cloud tokens are sent",
    "JIRA__ALLOW_PRIVATE_ADDRESSES": "true lifts the check of addresses altogether: for demos only",
    "JIRA__ALLOWED_PRIVATE_HOSTS": "hosts of a Jira in your own network, by name or address",
    "JIRA__CA_FILE": "PEM file of your own certificate authority",
    "JIRA__CONNECT_TIMEOUT": "longest wait for a connection to Jira",
    "JIRA__READ_TIMEOUT": "longest silence of Jira within an answer",
    "JIRA__MAX_CONNECTIONS": "most requests in flight to a site, of one process; it begins with 5 and adapts",
    "JIRA__ATTEMPTS": "tries of one request",
    "JIRA__MAX_BACKOFF": "longest wait between two tries",
    "SECRETS__KEY": "encrypts Jira's tokens at rest: 32 bytes in base64; the same for connector and fetchers",
    "SECRETS__KEY_FILE": "a file that holds the key, instead of `SECRETS__KEY`",
    "SECRETS__KEY_ID": "the key's name, stored beside each token",
    "ATLASSIAN_GATEWAY_URL": "the connector's own word for `JIRA__GATEWAY_URL`; wins over it, there only",
    "CONNECTOR_API_TOKENS": "who may call the connector: tokens separated by commas; required",
    "FULL_READ_AFTER": "how long later imports of a project read only what changed; then one reads all again",
    "ALLOW_UNAUTHENTICATED": "true: no tokens needed, on a loopback address only; for demos",
    "TASKS_AT_ONCE": "tasks of one site side by side in a fetcher; Atlassian advises 5 to 10 requests in all",
    "TASK_ATTEMPTS": "tries of one task before it becomes dead letters",
    "TASK_TIMEOUT": "longest run of one task",
    "TASK_LEASE": "a fetcher that is silent for so long loses its tasks to others",
    "TASK_LOSSES": "a task is given up when so many fetchers fell silent over it",
    "SWEEP_INTERVAL": "how often the fetchers, in turns, look for what a crash left lying",
    "SWEEP_AFTER": "an import not planned, or a project not closed, for so long is helped on",
    "REQUEUE_AFTER": "a task that nobody took for so long is published again",
    "ORPHANS_AFTER": "files that no document names are removed when their site was left alone for so long",
    "ISSUES_PER_TASK": "issues in one task; Jira Cloud takes at most 100",
    "CHANGES_OVERLAP": "how much further back changes are looked for: Jira's index lags, and clocks differ",
    "REMOTE_LINKS": "issues asked for them, a request each: hinted (their history names one), all or none",
    "WATCHERS_AND_VOTERS": "named (a request for each issue that has any) or counted (no request)",
    "LISTING_PAGE": "ids asked for at once",
    "DOWNLOAD_BYTES": "bytes of one large file that a task reads; the next task goes on there",
    "BATCH_RECORDS": "records that a loader writes at once",
}


def variables(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Name and default of each environment variable behind a settings class: `GROUP__FIELD`."""
    for name, info in model.model_fields.items():
        alias = info.validation_alias
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from variables(info.annotation, f"{name.upper()}__")
        elif isinstance(alias, AliasChoices):
            yield str(alias.choices[0]), info.default
        else:
            yield prefix + name.upper(), info.default


def table() -> str:
    """Return the table as it stands in the README; KeyError for a variable that `MEANING` does not know."""
    users: dict[str, list[str]] = {}
    defaults: dict[str, str] = {}
    for service, model in SETTINGS.items():
        for name, default in variables(model):
            users.setdefault(name, []).append(service)
            defaults[name] = "" if name == "SERVICE_NAME" else _shown(default)
    lines = ["| variable | read by | default | meaning |", "|---|---|---|---|"]
    for name, services in users.items():
        read_by = "all" if len(services) == len(SETTINGS) else ", ".join(services)
        lines.append(f"| `{name}` | {read_by} | {defaults[name]} | {MEANING[name]} |")
    return "\n".join(lines)


def with_table(text: str) -> str:
    """Return a README with the table between its two marks written anew."""
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _shown(default: Any) -> str:
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, timedelta):
        default = TypeAdapter(timedelta).dump_python(default, mode="json")  # PT40S
    if isinstance(default, bool):
        default = str(default).lower()
    return "" if default in (None, "", ()) else f"`{default}`"


def main() -> None:
    """Write the table into README.md."""
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
