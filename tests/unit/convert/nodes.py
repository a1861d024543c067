"""Writes ADF nodes briefly."""

from typing import Any

Node = dict[str, Any]


def text(words: str, *marks: str | Node) -> Node:
    node: Node = {"type": "text", "text": words}
    if marks:
        node["marks"] = [{"type": mark} if isinstance(mark, str) else mark for mark in marks]
    return node


def node(kind: str, /, *content: Any, **attributes: Any) -> Node:
    written: Node = {"type": kind}
    if attributes:
        written["attrs"] = attributes
    if content:
        written["content"] = [text(child) if isinstance(child, str) else child for child in content]
    return written


def mark(kind: str, /, **attributes: Any) -> Node:
    return {"type": kind, "attrs": attributes}


def paragraph(*content: Any) -> Node:
    return node("paragraph", *content)


def item(*content: Any) -> Node:
    return node("listItem", *content)
