"""Markdown blocks that both converters write: quotes, indented items, tables."""

from typing import NamedTuple

# Deeper nesting is flattened: CommonMark parsers stop at about twenty levels and drop what lies below.
MAX_NESTING = 8


class Cell(NamedTuple):
    text: str  # one line of Markdown, `<br />` between the lines it had
    is_header: bool = False


def quote(markdown: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in markdown.split("\n"))


def item(bullet: str, markdown: str) -> str:
    """Put a bullet before the first line and indent the others to it."""
    indent = " " * (len(bullet) + 1)
    first, *others = markdown.split("\n")
    return "\n".join([f"{bullet} {first}", *(indent + line if line else "" for line in others)])


def table(rows: list[list[Cell]]) -> str:
    """Write a table; GFM demands a header row, so one without header cells gets an empty one."""
    width = max((len(row) for row in rows), default=0)
    if not width:
        return ""
    head: list[str] = []
    if all(cell.is_header for cell in rows[0]):
        head, rows = [cell.text for cell in rows[0]], rows[1:]
    # Short rows are allowed below the header, but cells beyond its width would be dropped.
    lines = [_row(head + [""] * (width - len(head))), "|" + " --- |" * width]
    lines.extend(_row([_emphasised(cell) for cell in row]) for row in rows)
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _emphasised(cell: Cell) -> str:
    text = cell.text
    if cell.is_header and text and not any(mark in text for mark in ("**", "<br", "`")):
        return f"**{text}**"
    return text


def code_lines(code: str) -> list[str]:
    """Return the lines that a code block becomes inside a table cell, where no fence fits."""
    return [line for line in code.split("\n") if line.strip()]
