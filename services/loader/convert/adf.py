"""Atlassian Document Format to Markdown."""

from collections.abc import Iterator
from typing import Any

from services.loader.convert.context import EMPTY, BodyContext

BLOCKS = frozenset({"paragraph", "heading", "codeBlock", "listItem", "tableRow", "taskItem", "decisionItem"})


def adf_to_markdown(document: Any, context: BodyContext = EMPTY) -> str:
    return "".join(_pieces(document)).strip()


def _pieces(document: Any) -> Iterator[str]:
    stack = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, list):
            stack.extend(reversed(node))
        elif isinstance(node, dict):
            if node.get("type") in BLOCKS:
                stack.append("\n\n")
            stack.append(node.get("content"))
            stack.append(node.get("text"))
