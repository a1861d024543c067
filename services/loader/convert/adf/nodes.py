"""Reads nodes that may be anything: attributes of wrong types are absent, a lone child is a list of one."""

from collections.abc import Iterator
from typing import Any

from services.loader.convert.text import clean

# What stands within a line; everything else is a block.
INLINE = frozenset({
    "text", "hardBreak", "mention", "emoji", "date", "status", "placeholder", "inlineCard", "mediaInline",
    "inlineExtension", "unsupportedInline",
})  # fmt: skip
BLOCKS = frozenset({
    "doc", "paragraph", "heading", "blockquote", "bulletList", "orderedList", "listItem", "codeBlock", "rule",
    "panel", "expand", "nestedExpand", "taskList", "taskItem", "blockTaskItem", "decisionList",
    "decisionItem", "table", "tableRow", "tableCell", "tableHeader", "mediaSingle", "mediaGroup", "media",
    "caption", "blockCard", "embedCard", "layoutSection", "layoutColumn", "extension", "bodiedExtension",
    "multiBodiedExtension", "extensionFrame", "syncBlock", "bodiedSyncBlock", "unsupportedBlock",
})  # fmt: skip


def kind_of(node: Any) -> str:
    if isinstance(node, dict):
        kind = node.get("type")
        return kind if isinstance(kind, str) else ""
    return "text" if isinstance(node, str) else ""


def children_of(node: Any) -> list[Any]:
    if isinstance(node, list):
        return node
    content = node.get("content") if isinstance(node, dict) else None
    if isinstance(content, list):
        return content
    return [] if content is None or isinstance(content, bool) else [content]


def plain_text(node: Any) -> str | None:
    """Return the text of a node that is nothing but text without marks, as most are; None of all others."""
    if isinstance(node, dict) and len(node) == 2 and node.get("type") == "text":
        text = node.get("text")
        return clean(text) if isinstance(text, str) else None
    return None


def text_of(node: Any) -> str:
    """Return the text that a node itself holds."""
    return _words(node.get("text") if isinstance(node, dict) else node)


def content_of(node: Any) -> list[Any]:
    """Return what is in a node: text of its own, which only a text node should have, then its children."""
    own = text_of(node)
    return [own, *children_of(node)] if own else children_of(node)


def attribute(node: Any, *names: str) -> str:
    """Return the first of these attributes that says something, as text."""
    attributes = node.get("attrs") if isinstance(node, dict) else None
    if not isinstance(attributes, dict):
        return ""
    return next((words for name in names if (words := _words(attributes.get(name)))), "")


def number(node: Any, name: str, default: int) -> int:
    attributes = node.get("attrs") if isinstance(node, dict) else None
    value = attributes.get(name) if isinstance(attributes, dict) else None
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        return default
    return int(value)


def marks_of(node: Any) -> Iterator[tuple[str, Any]]:
    """List the marks of a node with the mark objects themselves."""
    marks = node.get("marks") if isinstance(node, dict) else None
    for mark in marks if isinstance(marks, list) else [marks]:
        if isinstance(mark, dict) and isinstance(mark.get("type"), str):
            yield mark["type"], mark
        elif isinstance(mark, str):
            yield mark, {}


def _words(value: Any) -> str:
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return repr(value)


def every_text(node: Any) -> str:
    """Return all text below a node, whatever its depth."""
    words: list[str] = []
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(reversed(current))
            continue
        words.append(text_of(current) or attribute(current, "text", "title", "alt", "shortName", "url"))
        stack.extend(reversed(children_of(current)) if isinstance(current, dict) else ())
    return " ".join(word for word in words if word)


def code_text(node: Any) -> str:
    """Return all text of a code block, with its line breaks."""
    words: list[str] = []
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(reversed(current))
            continue
        if kind_of(current) == "hardBreak":
            words.append("\n")
        words.append(text_of(current) or attribute(current, "text"))
        stack.extend(reversed(children_of(current)))
    return "".join(words)


def is_inline(node: Any) -> bool:
    """Tell whether a node stands within a line; an unknown one does unless it holds blocks."""
    kind = kind_of(node)
    if kind in INLINE:
        return True
    if kind in BLOCKS or isinstance(node, list):
        return False
    return not any(kind_of(child) in BLOCKS for child in children_of(node))
