"""Every metric of the project, each with its meaning; a registry per process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from shared.waits import Waits

# From one Jira answer on a good day to the longest task allowed.
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


def process_registry() -> CollectorRegistry:
    """Return a new registry with the process's own memory, CPU and file descriptors in it."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


class Metrics:
    """What a service measures; names are `jira_import_<thing>_<unit>`, labels few-valued."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.jira_requests = Counter(
            "jira_import_jira_requests",
            "Answers of Jira, by endpoint template and status (0: no answer).",
            ["endpoint", "status"],
            registry=registry,
        )
        self.jira_seconds = Histogram(
            "jira_import_jira_request_seconds",
            "Time from sending a request to Jira to the end of its answer.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.waits = Waits(registry)
        self.tasks = Counter(
            "jira_import_tasks",
            "Fetch tasks by kind and outcome (done, repeated, retried, failed, paused, lost).",
            ["kind", "outcome"],
            registry=registry,
        )
        self.task_seconds = Histogram(
            "jira_import_task_seconds",
            "Time of one fetch task.",
            ["kind"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.swept = Counter(
            "jira_import_swept",
            "What lay about and was set going again: task (its fetcher fell silent), message (nobody took the"
            " task), project (not closed), plan, import, start. Or removed: blob (nobody named it).",
            ["what"],
            registry=registry,
        )
        self.entities_fetched = Counter(
            "jira_import_entities_fetched",
            "Entities acknowledged by the broker.",
            ["kind"],
            registry=registry,
        )
        self.entities_loaded = Counter(
            "jira_import_entities_loaded",
            "Entities durable in the store, by outcome (inserted, replaced, unchanged, stale).",
            ["kind", "outcome"],
            registry=registry,
        )
        self.dead_letters = Counter(
            "jira_import_dead_letters",
            "Things that could not be handled, by stage (fetch, load) and code.",
            ["stage", "code"],
            registry=registry,
        )
        self.batch_seconds = Histogram(
            "jira_import_load_seconds",
            "Time of one batch in the loader, by step (transform, write, publish).",
            ["step"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.latency_seconds = Histogram(
            "jira_import_end_to_end_seconds",
            "From Jira's answer to the durable document, for the oldest record of a batch.",
            buckets=(*_SECONDS, 300, 1800),
            registry=registry,
        )
        self.lag = Gauge(
            "jira_import_consumer_lag_records",
            "Records of a partition that this consumer has not read, or not handled, yet.",
            ["topic", "partition", "group"],
            registry=registry,
        )
        self.imports = Counter(
            "jira_import_imports",
            "Imports that ended, by state.",
            ["state"],
            registry=registry,
        )
        self.connects = Counter(
            "jira_import_connects",
            "Connection tests, by outcome (ok, or the code of the refusal).",
            ["outcome"],
            registry=registry,
        )
        self.last_success = Gauge(
            "jira_import_last_success_timestamp_seconds",
            "When the last import completed without errors.",
            registry=registry,
        )
