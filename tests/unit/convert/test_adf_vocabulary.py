"""The generated documents speak the whole language of Atlassian's schema."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.adf_documents import documents

_SCHEMA = Path(__file__).parents[4] / "shared" / "jira" / "adf" / "full.json"


def _named_by_schema() -> tuple[set[str], set[str]]:
    nodes: set[str] = set()
    marks: set[str] = set()
    for name, definition in json.loads(_SCHEMA.read_text(encoding="utf-8"))["definitions"].items():
        kinds = definition.get("properties", {}).get("type", {}).get("enum", [])
        (marks if name.endswith("_mark") else nodes).update(kinds)
    return nodes, marks


def _named_by_documents(count: int) -> tuple[set[str], set[str]]:
    nodes: set[str] = set()
    marks: set[str] = set()
    stack: list[Any] = [document.body for document in documents(count, seed=3)]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, dict):
            nodes.add(str(node.get("type")))
            stack.append(node.get("content"))
            found = node.get("marks")
            listed = found if isinstance(found, list) else []
            marks.update(str(mark.get("type")) for mark in listed if isinstance(mark, dict))
    return nodes, marks


@pytest.mark.skipif(not _SCHEMA.exists(), reason="Atlassian's schema is not in this checkout")
def test_all_nodes_and_marks_are_generated() -> None:
    nodes, marks = _named_by_schema()
    assert (len(nodes), len(marks)) == (43, 17)
    generated_nodes, generated_marks = _named_by_documents(2_000)
    assert nodes <= generated_nodes
    assert marks <= generated_marks
