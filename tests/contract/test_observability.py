"""Rules and dashboard speak only of metrics that exist; every alert was tried firing and quiet."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from prometheus_client import CollectorRegistry, generate_latest

from shared.metrics import Metrics, process_registry

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"
GRAFANA = ROOT / "deploy/grafana"
DASHBOARD = GRAFANA / "dashboards/import.json"
PROMTOOL = shutil.which("promtool", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

WRITTEN_BY_PROMETHEUS = {"up", "ALERTS"}
SUFFIXES = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
SCRAPE_LABELS = {"job", "instance", "le", "alertstate"}
KEYWORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "offset"}
# What the dashboard must show, whatever else it does.
WANTED_ON_DASHBOARD = {
    "jira_import_imports_total",
    "kind:jira_import_entities_fetched:rate5m",
    "kind_outcome:jira_import_entities_loaded:rate5m",
    "job_status:jira_import_jira_requests:rate5m",
    "jira_import_jira_request_seconds_bucket",
    "job_what:jira_import_wait_seconds:rate5m",
    "jira_import_tasks_total",
    "jira_import_load_seconds_sum",
    "group_topic:jira_import_consumer_lag_records:sum",
    "jira_import_end_to_end_seconds_bucket",
    "jira_import_dead_letters_total",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
}


@cache
def registry() -> CollectorRegistry:
    """What a service's `/metrics` is made of."""
    made = process_registry()
    Metrics(made)
    KafkaPrometheusMiddleware(registry=made, app_name="service")
    return made


@cache
def exposed() -> frozenset[str]:
    """Names as Prometheus sees them, with the suffixes of their types."""
    return frozenset(
        family.name + suffix for family in registry().collect() for suffix in SUFFIXES.get(family.type, [""])
    )


@cache
def labels() -> frozenset[str]:
    """All labels that any metric may carry."""
    collectors = set(registry()._names_to_collectors.values())
    return frozenset(label for collector in collectors for label in getattr(collector, "_labelnames", ()))


def rules() -> Iterator[dict[str, Any]]:
    for path in sorted((PROMETHEUS / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


ALERTS = [rule for rule in rules() if "alert" in rule]
RECORDED = [rule for rule in rules() if "record" in rule]


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return loaded


def expressions() -> list[str]:
    """The queries of all panels, with an interval in place of Grafana's variables."""
    queries = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]
    return [re.sub(r"\$__\w+", "5m", query) for query in queries]


def metrics_in(expression: str) -> set[str]:
    """Names of metrics in an expression: what is neither a label, a function, a keyword nor a number."""
    bare = re.sub(r'"(\\.|[^"\\])*"', "", expression)
    bare = re.sub(r"\{[^}]*}|\[[^]]*]", "", bare)
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", "", bare)
    names = re.findall(r"(?<![\w.:])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])", bare)
    return set(names) - KEYWORDS


def labels_in(expression: str) -> set[str]:
    """Labels that an expression selects or groups by."""
    text = re.sub(r'"(\\.|[^"\\])*"', '""', expression)
    grouped = re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", text)
    selected = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"\"", text)
    return {label.strip() for group in grouped for label in group.split(",")} | set(selected)


def slugs(markdown: str) -> set[str]:
    """Anchors of a page: those of its headings, and those set by hand."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings)
    return {*words, *re.findall(r'<a (?:id|name)="([^"]+)"', markdown)}


def cases() -> Iterator[dict[str, Any]]:
    for path in sorted((PROMETHEUS / "tests").glob("*.test.yml")):
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            yield from test.get("alert_rule_test", ())


def known_names() -> frozenset[str]:
    return exposed() | WRITTEN_BY_PROMETHEUS | {rule["record"] for rule in RECORDED}


def test_names_are_found_in_an_expression() -> None:
    query = (
        'sum by (job) (rate(a_total{x="b_total"}[5m])) / on (job) c:d:e unless time() - f offset 15m > 1e3'
    )
    assert metrics_in(query) == {"a_total", "c:d:e", "f"}
    assert labels_in(query) == {"job", "x"}


@pytest.mark.parametrize("rule", [*ALERTS, *RECORDED], ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_only_for_what_exists(rule: dict[str, Any]) -> None:
    assert metrics_in(rule["expr"]) <= known_names()
    assert labels_in(rule["expr"]) <= labels() | SCRAPE_LABELS


@pytest.mark.parametrize("rule", RECORDED, ids=lambda rule: rule["record"])
def test_a_recorded_name_says_level_metric_and_operation_and_is_used(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z0-9]+", rule["record"])
    level = set(labels_in(rule["expr"]) & set(rule["record"].split(":")[0].split("_")))
    assert level == set(rule["record"].split(":")[0].split("_"))
    readers = [other["expr"] for other in [*ALERTS, *RECORDED] if other is not rule] + expressions()
    assert any(rule["record"] in metrics_in(reader) for reader in readers)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_how_bad_it_is_and_what_to_do(alert: dict[str, Any]) -> None:
    assert re.fullmatch(r"([A-Z][a-z]+)+", alert["alert"])
    assert re.fullmatch(r"\d+[mh]", alert["for"])
    assert alert["labels"]["severity"] in ("warning", "critical")
    assert alert["annotations"]["summary"]
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert (page, anchor.startswith("runbook-")) == ("README.md", True)
    readme = ROOT / page
    if readme.exists():
        assert anchor in slugs(readme.read_text(encoding="utf-8"))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_was_tried_firing_and_quiet(alert: dict[str, Any]) -> None:
    fired = [bool(case.get("exp_alerts")) for case in cases() if case["alertname"] == alert["alert"]]
    assert set(fired) == {True, False}


def test_what_is_recorded_is_there_when_an_alert_asks() -> None:
    """Without an order promtool takes the groups of a file as they come, other ones each time."""
    for path in (PROMETHEUS / "tests").glob("*.test.yml"):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        (rules_file,) = loaded["rule_files"]
        groups = yaml.safe_load((path.parent / rules_file).read_text(encoding="utf-8"))["groups"]
        assert loaded["group_eval_order"] == [group["name"] for group in groups]


def test_no_case_is_about_an_alert_that_is_gone() -> None:
    assert {case["alertname"] for case in cases()} == {alert["alert"] for alert in ALERTS}


def test_alerts_name_topics_and_services_that_exist() -> None:
    text = "\n".join(rule["expr"] for rule in rules())
    topics = set(re.findall(r'topic="([^"]+)"', text))
    jobs = {job for names in re.findall(r'job=~?"([^"]+)"', text) for job in names.split("|")}
    assert topics == {"jira.fetch.task.v1", "jira.entities.v1"}
    assert jobs == {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}


def test_every_metric_of_ours_is_watched_by_a_panel_or_a_rule() -> None:
    read = {
        name for text in [*expressions(), *(rule["expr"] for rule in rules())] for name in metrics_in(text)
    }
    ours = CollectorRegistry()
    Metrics(ours)
    stems = {family.name for family in ours.collect()}
    assert {stem for stem in stems if not any(name.startswith(stem) for name in read)} == set()


def test_the_dashboard_asks_only_for_what_exists() -> None:
    for expression in expressions():
        assert metrics_in(expression) <= known_names(), expression
        assert labels_in(expression) <= labels() | SCRAPE_LABELS, expression


def test_the_dashboard_shows_what_it_is_there_for() -> None:
    assert {name for expression in expressions() for name in metrics_in(expression)} >= WANTED_ON_DASHBOARD


def test_the_dashboard_is_a_file_that_can_be_reviewed() -> None:
    board = dashboard()
    assert DASHBOARD.read_text(encoding="utf-8") == json.dumps(board, indent=2, ensure_ascii=False) + "\n"
    assert (board["uid"], board["editable"], "id" in board) == ("jira-import", False, False)
    titles = [panel["title"] for panel in board["panels"]]
    assert len(titles) == len(set(titles))


def test_panels_fill_the_grid_without_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert not cells & taken
        taken |= cells
    assert max(x for x, _ in taken) == 23
    assert len(taken) == 24 * (1 + max(y for _, y in taken))


def test_panels_use_the_provisioned_data_source() -> None:
    provisioned = yaml.safe_load(
        (GRAFANA / "provisioning/datasources/prometheus.yml").read_text(encoding="utf-8")
    )
    (source,) = provisioned["datasources"]
    wanted = {"type": source["type"], "uid": source["uid"]}
    for panel in dashboard()["panels"]:
        if panel["type"] != "row":
            assert [panel["datasource"], *(target["datasource"] for target in panel["targets"])] == [
                wanted
            ] * (1 + len(panel["targets"]))


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool (deploy/prometheus/promtool.sh brings Debian's)")
@pytest.mark.parametrize(
    "command", ["check config", "test rules", "check rules of the dashboard", "check metrics"]
)
def test_promtool_agrees(command: str, tmp_path: Path) -> None:
    recorded = [{"record": f"panel{n}", "expr": text} for n, text in enumerate(expressions())]
    queries = tmp_path / "dashboard.yml"
    queries.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": recorded}]}), encoding="utf-8")
    arguments = {
        "check config": ["check", "config", str(PROMETHEUS / "prometheus.yml")],
        "test rules": ["test", "rules", *map(str, sorted((PROMETHEUS / "tests").glob("*.test.yml")))],
        "check rules of the dashboard": ["check", "rules", str(queries)],
        "check metrics": ["check", "metrics"],
    }[command]
    ended = subprocess.run(
        [str(PROMTOOL), *arguments],
        input=generate_latest(registry()).decode(),
        capture_output=True,
        text=True,
        check=False,
        timeout=25,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
