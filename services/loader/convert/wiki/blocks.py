"""Splits wiki text into blocks, line by line, and writes them as Markdown."""

import re
from collections.abc import Iterator

from services.loader.convert.blocks import MAX_NESTING, Cell, code_lines, quote, table
from services.loader.convert.context import BodyContext
from services.loader.convert.text import code_span, escape, fence, finish, finish_heading
from services.loader.convert.wiki.inline import Inline
from services.loader.convert.wiki.lists import MARKER, list_markdown
from services.loader.convert.wiki.macros import NOTHING, PLACE, Macro
from services.loader.convert.wiki.tables import cells_of, rows_of
from services.loader.convert.wiki.vocabulary import BOX_ICONS, NO_LANGUAGE, RAW_MACROS

_BLANKS = f" \t{NOTHING}"
_STARTS = frozenset("h|*#-b")
_HEADING = re.compile(r"h([1-6])\.[ \t]*")
_QUOTED = re.compile(r"bq\.[ \t]*")
_EMPTY_LINES = re.compile(r"\A(?:[ \t]*+\n)++")
_RULE = re.compile(r"-{4,5}$")
_LANGUAGE = re.compile(r"[\w+#.-]+\Z")
_LANGUAGE_KEYS = frozenset({"language", "lang"})


class Blocks:
    """Converts one body: its text with placeholders, and the macros behind them."""

    def __init__(self, macros: list[Macro], context: BodyContext) -> None:
        self._macros = macros
        self._inline = Inline(context)

    def markdown(self, text: str, depth: int = 0) -> str:
        return "\n\n".join(block for block in self._blocks(text, depth) if block)

    def _blocks(self, text: str, depth: int) -> Iterator[str]:
        lines = [line.strip(_BLANKS) for line in text.split("\n")]
        at, alternate = 0, False
        paragraph: list[str] = []
        while at < len(lines):
            line = lines[at]
            kind = _kind(line) if line and line[0] in _STARTS else ""
            if line and not kind:
                paragraph.append(line)
                at += 1
                continue
            if paragraph:
                yield self._flow("\n".join(paragraph), depth)
                paragraph, alternate = [], False
            if not line:
                at += 1
            elif kind == "list":
                end = _list_end(lines, at)
                yield self._list(lines[at:end], depth, alternate=alternate)
                at, alternate = end, not alternate
            elif kind == "table":
                end = _table_end(lines, at)
                yield self._table(lines[at:end])
                at, alternate = end, False
            else:
                yield self._single(kind, line, depth)
                at, alternate = at + 1, False
        if paragraph:
            yield self._flow("\n".join(paragraph), depth)

    def _flow(self, text: str, depth: int) -> str:
        """Write a run of lines: paragraphs, and the boxes and code blocks that interrupt them."""
        if "\x02" not in text:
            return finish(self._inline.markdown(text))
        parts = PLACE.split(text)  # text and numbers by turns
        parts[::2] = [finish(self._inline.markdown(part)) if part else "" for part in parts[::2]]
        parts[1::2] = [self._macro(self._macros[int(number)], depth) for number in parts[1::2]]
        return "\n\n".join(part for part in parts if part)

    def _single(self, kind: str, line: str, depth: int) -> str:
        if kind == "rule":
            return "---"
        if kind == "quote":
            return _boxed(self._flow(_QUOTED.sub("", line, count=1), depth + 1), depth)
        heading = _HEADING.match(line)
        level = int(heading[1]) if heading else 1
        text = _HEADING.sub("", line, count=1)
        if "\x02" not in text:
            return finish_heading(self._inline.markdown(text), level)
        first, *others = PLACE.split(text, maxsplit=1)
        title = finish_heading(self._inline.markdown(first), level)
        rest = self._flow(f"\x02{others[0]}\x03{others[1]}", depth)
        return f"{title}\n\n{rest}" if title else rest

    def _list(self, lines: list[str], depth: int, *, alternate: bool) -> str:
        items: list[tuple[str, list[str]]] = []
        for line in lines:
            marker = MARKER.match(line)
            if marker:
                items.append((marker[1], [line[marker.end() :]]))
            else:
                items[-1][1].append(line)
        written = ((marker, self._flow("\n".join(text), depth + 1)) for marker, text in items)
        return list_markdown(((marker, text) for marker, text in written if text), alternate=alternate)

    def _table(self, lines: list[str]) -> str:
        rows = [cells_of(row) for row in rows_of(lines)]
        return table([[Cell(self._cell(text), heading) for heading, text in row] for row in rows if row])

    def _cell(self, text: str) -> str:
        """Write a cell on one line, whatever is in it."""
        lines: list[str] = []
        numbers: dict[str, int] = {}
        for line in text.split("\n"):
            content = line.strip(_BLANKS)
            marker = MARKER.match(content)
            if not marker:
                lines.append(self._cell_line(content))
                continue
            path = marker[1]
            numbers = {known: count for known, count in numbers.items() if path.startswith(known)}
            numbers[path] = numbers.get(path, 0) + 1
            bullet = f"{numbers[path]}." if path[-1] == "#" else "•"
            indent = "\u00a0\u00a0" * (min(len(path), MAX_NESTING) - 1)
            lines.append(f"{indent}{bullet} {self._cell_line(content[marker.end() :])}")
        return "<br />".join(line for line in lines if line)

    def _cell_line(self, text: str) -> str:
        parts = PLACE.split(text)
        parts[::2] = [self._inline.markdown(part).strip().replace("\n", "<br />") for part in parts[::2]]
        parts[1::2] = [self._cell_macro(self._macros[int(number)]) for number in parts[1::2]]
        return "<br />".join(part for part in parts if part)

    def _cell_macro(self, macro: Macro) -> str:
        title = _title(macro)
        if macro.name in RAW_MACROS:
            body = "<br />".join(code_span(line.rstrip()) for line in code_lines(macro.body))
        else:
            body = self._cell(macro.body)
        return "<br />".join(part for part in (title, body) if part)

    def _macro(self, macro: Macro, depth: int) -> str:
        title = _title(macro)
        if macro.name in RAW_MACROS:
            code = fence(_EMPTY_LINES.sub("", macro.body).rstrip(), _language(macro))
            return f"{title}\n\n{code}" if title else code
        icon = BOX_ICONS.get(macro.name, "")
        body = self.markdown(macro.body, depth + 1)
        head = f"{icon} {title}".strip()
        return _boxed("\n\n".join(part for part in (head, body) if part), depth)


def _boxed(markdown: str, depth: int) -> str:
    return quote(markdown) if markdown and depth < MAX_NESTING else markdown


def _kind(line: str) -> str:
    """Name the block that a line begins, if it is not a paragraph."""
    match line[0]:
        case "|":
            return "table"
        case "h":
            return "heading" if _HEADING.match(line) else ""
        case "b":
            return "quote" if _QUOTED.match(line) else ""
        case "-" if _RULE.match(line):
            return "rule"
    # Two hyphens continue a list one level deeper, but where none is open they are a dash.
    return "list" if MARKER.match(line) and not line.startswith("--") else ""


def _list_end(lines: list[str], at: int) -> int:
    """A list goes on to the next blank line or other block; plain lines belong to the item above."""
    at += 1
    while at < len(lines) and lines[at]:
        if lines[at][0] in _STARTS and _kind(lines[at]) not in ("", "list"):
            break
        at += 1
    return at


def _table_end(lines: list[str], at: int) -> int:
    """A line without a bar belongs to the cell above while that cell is open."""
    at += 1
    while at < len(lines) and lines[at] and (lines[at][0] == "|" or not lines[at - 1].endswith("|")):
        at += 1
    return at


def _parameters(macro: Macro) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in macro.parameters.split("|"))
    return [
        (key.strip().lower() if equals else "", value.strip() if equals else key.strip())
        for key, equals, value in pairs
    ]


def _title(macro: Macro) -> str:
    title = next((value for key, value in _parameters(macro) if key == "title"), "")
    return f"**{escape(title)}**" if title else ""


def _language(macro: Macro) -> str:
    """The language of a code block, named or the first bare word."""
    if macro.name != "code":
        return "html" if macro.name == "html" else ""
    for key, value in _parameters(macro):
        if (not key or key in _LANGUAGE_KEYS) and _LANGUAGE.match(value):
            return "" if value.lower() in NO_LANGUAGE else value.lower()
    return ""
