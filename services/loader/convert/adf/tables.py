"""Tables: merged cells leave empty ones beside and below, blocks within a cell become lines of it."""

from typing import Any

from services.loader.convert.adf.inline import MAX_DEPTH, inline_runs
from services.loader.convert.adf.nodes import (
    attribute,
    children_of,
    code_text,
    content_of,
    every_text,
    is_inline,
    kind_of,
    number,
    text_of,
)
from services.loader.convert.blocks import MAX_NESTING, Cell, code_lines, table
from services.loader.convert.context import BodyContext
from services.loader.convert.runs import STRONG, to_markdown
from services.loader.convert.text import code_span, escape

_BREAK = "<br />"
_MAX_SPANNED = 64  # columns and rows: a span is a number in a document, and a document may say anything
_SIGNS = {"bulletList": "•", "decisionList": "➤"}


def table_markdown(node: Any, context: BodyContext, depth: int) -> str:
    covered: dict[int, int] = {}  # column → rows below that a cell above still covers
    rows = [_row(row, context, depth + 1, covered) for row in _with_own_text(node)]
    return table([row for row in rows if row])


def _row(node: Any, context: BodyContext, depth: int, covered: dict[int, int]) -> list[Cell]:
    row: list[Cell] = []
    starts: dict[int, int] = {}
    for child in _with_own_text(node) if kind_of(node) == "tableRow" else [node]:
        while len(row) in covered:
            row.append(Cell(""))
        is_cell = kind_of(child) in ("tableCell", "tableHeader")
        lines = cell_lines(_with_own_text(child) if is_cell else [child], context, depth + 1)
        width = max(min(number(child, "colspan", 1), _MAX_SPANNED - len(row)), 1)
        height = min(max(number(child, "rowspan", 1), 1), _MAX_SPANNED)
        if height > 1 and len(row) < _MAX_SPANNED:
            starts.update((column, height) for column in range(len(row), len(row) + width))
        is_header = kind_of(child) == "tableHeader"
        row.append(Cell(_BREAK.join(lines), is_header))
        row.extend(Cell("", is_header) for _ in range(width - 1))
    for column in list(covered):
        covered[column] -= 1
        if not covered[column]:
            del covered[column]
    covered.update((column, height - 1) for column, height in starts.items())
    return row


def _with_own_text(node: Any) -> list[Any]:
    return content_of(node) or [""]


def cell_lines(nodes: list[Any], context: BodyContext, depth: int, indent: str = "") -> list[str]:
    """Write blocks as the lines of one cell."""
    lines: list[str] = []
    inline: list[Any] = []
    for node in [*nodes, None]:
        if node is not None and is_inline(node):
            inline.append(node)
            continue
        if inline:
            lines.extend(_inline_lines(inline, context, depth))
            inline = []
        if node is not None:
            lines.extend(_block_lines(node, context, depth + 1, indent))
    return [line for line in lines if line.strip()]


def _inline_lines(nodes: list[Any], context: BodyContext, depth: int, *, bold: bool = False) -> list[str]:
    runs = inline_runs(nodes, context, depth)
    if bold:
        runs = [run._replace(marks=run.marks | {STRONG}) for run in runs]
    return [line.strip() for line in to_markdown(runs).split("\n")]


def _block_lines(node: Any, context: BodyContext, depth: int, indent: str) -> list[str]:
    if depth > MAX_DEPTH:
        return [escape(every_text(node)).replace("\n", " ")]
    kind = kind_of(node)
    children = _with_own_text(node)
    match kind:
        case "codeBlock":
            return [code_span(line.rstrip()) for line in code_lines(code_text(node))]
        case "heading":
            return _inline_lines(children, context, depth, bold=True)
        case "media" | "blockCard" | "embedCard" | "extension":
            return _inline_lines([node], context, depth)
        case "rule":
            return ["———", *cell_lines(children, context, depth, indent)]
        case "tableRow":
            return [" | ".join(" ".join(cell_lines([cell], context, depth)) for cell in children)]
        case "bulletList" | "orderedList" | "taskList" | "decisionList":
            return _list_lines(node, context, depth, indent)
        case "expand" | "nestedExpand":
            title = _inline_lines([attribute(node, "title")], context, depth, bold=True)
            return [*title, *cell_lines(children, context, depth, indent)]
    if not children_of(node) and not text_of(node):
        return _inline_lines([node], context, depth)
    return cell_lines(children, context, depth, indent)


def _list_lines(node: Any, context: BodyContext, depth: int, indent: str) -> list[str]:
    kind = kind_of(node)
    count = max(number(node, "order", 1), 0)
    deeper = indent + "\u00a0\u00a0" if len(indent) < 2 * MAX_NESTING else indent
    lines: list[str] = []
    for child in content_of(node):
        sign = _SIGNS.get(kind) or f"{count}."
        if kind == "taskList":
            sign = "☑" if attribute(child, "state") == "DONE" else "☐"
        if kind_of(child) == kind:  # beside the items instead of within one
            lines.extend(_block_lines(child, context, depth + 1, deeper))
            continue
        nodes = _with_own_text(child) if children_of(child) else [child]
        content = cell_lines(nodes, context, depth + 1, deeper)
        if content:
            lines.extend([f"{indent}{sign} {content[0]}", *content[1:]])
            count += 1
    return lines
