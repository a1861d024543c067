"""The README says what is true: commands, paths, anchors, settings, topics and routes exist.

Its examples are run in `tests/e2e/test_examples.py`.
"""

import json
import re
from pathlib import Path

import pytest
import yaml

from deploy.docs import MEANING, README, SETTINGS, variables, with_table
from deploy.kafka.topics import read_topics
from services.connector.diagnosis.hints import HINTS
from shared.contracts.channels import CHANNELS

ROOT = Path(__file__).parents[2]
TEXT = README.read_text(encoding="utf-8")
EXAMPLES = (ROOT / "deploy/api/README.md").read_text(encoding="utf-8")
MADE_AT_RUN_TIME = (".run/", ".venv")
TOP_LEVEL = {path.name for path in ROOT.iterdir()}


def spans() -> set[str]:
    """What stands between backquotes in a line of text."""
    prose = re.sub(r"^ *```.*?^ *```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", prose))


def blocks() -> str:
    return "\n".join(re.findall(r"^ *```(?:sh)?\n(.*?)^ *```$", TEXT, flags=re.MULTILINE | re.DOTALL))


def anchors(page: str) -> set[str]:
    """Headings as GitHub names them, and anchors that are written down."""
    headings = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
    named = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'<a id="([^"]+)"></a>', page))


def test_the_table_of_settings_is_up_to_date() -> None:
    assert with_table(TEXT) == TEXT, "run `make docs`"
    fields = {name for model in SETTINGS.values() for name, _ in variables(model)}
    assert set(MEANING) == fields, "each variable has a meaning, and no other"


def test_every_target_of_make_exists_and_is_named() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"^make ([a-z]+)\b", "\n".join([*spans(), blocks()]), flags=re.MULTILINE))
    assert named - targets == set()
    assert targets - named == {"help"}


def test_every_option_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (exported,) = re.findall(r"^export (.+)$", makefile, flags=re.MULTILINE)
    options = set(re.findall(r"`([A-Z_]+)=", TEXT))
    assert {"DATA", "DEPLOYMENT", "ISSUES", "LATENCY_MS", "WITH_SIMULATOR"} <= options
    assert options <= set(exported.split())


def test_every_file_that_is_named_exists() -> None:
    named = {span for span in spans() if span.split("/")[0] in TOP_LEVEL and re.fullmatch(r"[\w./-]+", span)}
    named |= set(re.findall(r"\]\(([\w./-]+)\)", TEXT))
    named |= set(re.findall(r"deploy/[\w./-]+\w", blocks()))
    assert len(named) > 30
    assert [
        path for path in sorted(named) if not path.startswith(MADE_AT_RUN_TIME) and not _exists(path)
    ] == []


def _exists(path: str) -> bool:
    return (ROOT / path).exists()


def test_every_module_that_is_started_exists() -> None:
    modules = set(re.findall(r"python -m ([\w.]+)", TEXT))
    assert {"services.connector", "services.fetcher", "services.loader", "deploy.kafka.topics"} <= modules
    for module in modules:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_every_variable_that_is_named_exists() -> None:
    fields = {name for model in SETTINGS.values() for name, _ in variables(model)}
    assert set(re.findall(r"\b[A-Z]+__[A-Z_]+\b", TEXT)) <= fields


def test_every_decision_is_linked() -> None:
    decisions = {f"deploy/adr/{path.name}" for path in (ROOT / "deploy/adr").glob("*.md")}
    assert set(re.findall(r"\((deploy/adr/[^)]+)\)", TEXT)) == decisions


def test_every_alert_has_a_runbook_that_names_it() -> None:
    sections = dict(re.findall(r'<a id="([^"]+)"></a>\n### ([^\n]+)', TEXT))
    rules = (ROOT / "deploy/prometheus/rules").glob("*.yml")
    groups = [group for file in rules for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert alerts
    for alert in alerts:
        page, anchor = alert["annotations"]["runbook_url"].split("#")
        assert page == README.name
        assert re.search(rf"\b{alert['alert']}\b", sections[anchor]), alert["alert"]
    assert {alert["annotations"]["runbook_url"].split("#")[1] for alert in alerts} == set(sections)


def test_links_within_the_page_lead_somewhere() -> None:
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors(TEXT)
    assert set(re.findall(r"\]\(\.\./\.\./README\.md#([^)]+)\)", EXAMPLES)) <= anchors(TEXT)
    assert set(re.findall(r"\]\(#([^)]+)\)", EXAMPLES)) <= anchors(EXAMPLES)


def test_topics_and_groups_are_named() -> None:
    for channel in CHANNELS:
        assert f"`{channel.topic}`" in TEXT
    for group in (
        "connector.progress",
        "fetcher.imports",
        "fetcher.tasks",
        "loader.entities",
        "loader.remaps",
    ):
        assert f"`{group}`" in TEXT
    partitions = {topic.name: topic.partitions for topic in read_topics()}
    assert partitions["jira.fetch.task.v1"] == partitions["jira.entities.v1"] == 12, "the README says 12"


@pytest.mark.parametrize(
    "code", ["scope_missing_read_me", "no_browse_projects", "no_projects_visible", "pat_refused"]
)
def test_codes_of_errors_exist(code: str) -> None:
    assert code in TEXT
    assert code in HINTS


def test_the_examples_ask_routes_that_exist() -> None:
    document = json.loads((ROOT / "deploy/api/openapi.json").read_text(encoding="utf-8"))
    known = [path.removeprefix("/api/admin/jira-import/") for path in document["paths"]]
    patterns = [re.sub(r"\{\w+}", "[^/]+", path) for path in known]
    asked = set(re.findall(r"\$API/([^\s?\"]+)", TEXT + EXAMPLES))
    assert {path.split("/")[0] for path in asked} >= {"connect", "projects", "analyze", "start", "jobs"}
    for path in asked:
        assert any(re.fullmatch(pattern, path) for pattern in patterns), path


def test_every_route_is_in_the_table_beside_its_document() -> None:
    document = json.loads((ROOT / "deploy/api/openapi.json").read_text(encoding="utf-8"))
    routes = {path.removeprefix("/api/admin/jira-import/") for path in document["paths"] if "/api/" in path}
    words = {part for route in routes for part in route.split("/") if not part.startswith("{")}
    table = "\n".join(line for line in EXAMPLES.splitlines() if line.startswith("|"))
    assert words - set(re.findall(r"[\w-]+", table)) == {"assets", "types"}  # always empty
