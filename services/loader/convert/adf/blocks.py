"""The blocks of a document as Markdown."""

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
    marks_of,
    number,
    text_of,
)
from services.loader.convert.adf.tables import table_markdown
from services.loader.convert.blocks import MAX_NESTING, item, quote
from services.loader.convert.context import BodyContext
from services.loader.convert.runs import EM, to_markdown
from services.loader.convert.text import clean, escape, fence, finish, finish_heading

_PANEL_ICONS = {
    "info": "ℹ️",  # noqa: RUF001
    "note": "📝",
    "tip": "💡",
    "warning": "⚠️",
    "error": "⛔",
    "success": "✅",
}
_LISTS = {"bulletList": "-*", "orderedList": ".)", "taskList": "-*", "decisionList": "-*"}
_ITEMS = frozenset({"listItem", "taskItem", "blockTaskItem", "decisionItem"})


class Blocks:
    """Converts one document.

    `depth` counts nodes within nodes, `nesting` counts quotes and lists within each other.
    """

    def __init__(self, context: BodyContext) -> None:
        self._context = context

    def blocks(self, nodes: list[Any], depth: int = 0, nesting: int = 0) -> list[str]:
        written: list[str] = []
        inline: list[Any] = []
        previous, alternate = "", False
        for node in nodes:
            if is_inline(node):
                inline.append(node)
                continue
            if inline:
                written.append(self._paragraph(inline, depth))
                inline, previous = [], ""
            form = _LISTS.get(kind_of(node), "")
            alternate = bool(form) and form == previous and not alternate
            if block := self._block(node, depth + 1, nesting, alternate=alternate):
                written.append(block)
                previous = form
        if inline:
            written.append(self._paragraph(inline, depth))
        return [block for block in written if block]

    def _paragraph(self, nodes: list[Any], depth: int) -> str:
        return finish(to_markdown(inline_runs(nodes, self._context, depth)))

    def _inside(self, node: Any, depth: int, nesting: int) -> str:
        return "\n\n".join(self.blocks(content_of(node), depth, nesting))

    def _block(self, node: Any, depth: int, nesting: int, *, alternate: bool = False) -> str:
        if depth > MAX_DEPTH:
            return finish(escape(every_text(node)))
        kind = kind_of(node)
        if kind in _LISTS:
            return self._list(node, depth, nesting, alternate=alternate)
        match kind:
            case "paragraph" | "caption":
                return self._inside(node, depth, nesting)  # blocks that have no place in one follow it
            case "heading":
                return self._heading(node, depth, nesting)
            case "codeBlock":
                return self._code(node)
            case "rule":
                return self._with_children("---", node, depth, nesting)
            case "blockquote":
                return self._quote(self._inside(node, depth, nesting + 1), nesting)
            case "panel":
                return self._panel(node, depth, nesting)
            case "table":
                return table_markdown(node, self._context, depth)
            case "mediaSingle":
                return self._captioned(node, depth, nesting)
            case "mediaGroup":
                return self._media_group(node, depth, nesting)
            case "media" | "blockCard" | "embedCard" | "extension" | "syncBlock":
                return self._paragraph([node], depth)
        return self._other(node, kind, depth, nesting)

    def _other(self, node: Any, kind: str, depth: int, nesting: int) -> str:
        """Write what is a container of blocks, known or not: what it says itself, then what is in it."""
        match kind:
            case "expand" | "nestedExpand":
                title = attribute(node, "title")
                head = f"**{escape(title.strip())}**" if title.strip() else ""
            case "unsupportedBlock" | "unsupportedInline":
                head = "\n\n".join(self.blocks(_original(node), depth, nesting))
            case _:
                names = ("title",) if content_of(node) else ("text", "title", "alt", "url")
                head = finish(escape(attribute(node, *names)))
        return self._with_children(head, node, depth, nesting)

    def _with_children(self, head: str, node: Any, depth: int, nesting: int) -> str:
        body = self._inside(node, depth, nesting)
        return "\n\n".join(part for part in (head, body) if part)

    def _heading(self, node: Any, depth: int, nesting: int) -> str:
        level = min(max(number(node, "level", 1), 1), 6)
        inline = [child for child in content_of(node) if is_inline(child)]
        blocks = [child for child in content_of(node) if not is_inline(child)]
        title = finish_heading(to_markdown(inline_runs(inline, self._context, depth)), level)
        return "\n\n".join(part for part in (title, *self.blocks(blocks, depth, nesting)) if part)

    def _code(self, node: Any) -> str:
        language = "".join(attribute(node, "language").split()).replace("`", "")
        return fence(code_text(node), clean(language))

    def _quote(self, markdown: str, nesting: int) -> str:
        return quote(markdown) if markdown and nesting < MAX_NESTING else markdown

    def _panel(self, node: Any, depth: int, nesting: int) -> str:
        kind = attribute(node, "panelType")
        custom = attribute(node, "panelIconText")
        icon = custom if kind == "custom" and not custom.isascii() else _PANEL_ICONS.get(kind, "")
        children = self.blocks(children_of(node), depth, nesting + 1)
        own = finish(escape(text_of(node)))
        parts = [part for part in (own, *children) if part]
        first = "paragraph" if own else next(map(kind_of, children_of(node)), "")
        if icon and parts and first == "paragraph":
            parts[0] = f"{icon} {parts[0]}"
        elif icon:
            parts.insert(0, icon)
        return self._quote("\n\n".join(parts), nesting)

    def _list(self, node: Any, depth: int, nesting: int, *, alternate: bool) -> str:
        form = _LISTS[kind_of(node)][alternate]
        count = max(number(node, "order", 1), 0) - 1
        written: list[str] = []
        for child in content_of(node):
            if kind_of(child) in _LISTS and written:  # beside the items instead of within one
                written.append(self._nested(child, depth, nesting, form, count))
                continue
            body, box = self._item(child, depth, nesting)
            if not body and not box:
                continue
            count += 1
            bullet = f"{count % 10**9}{form}" if form in ".)" else form
            written.append(item(bullet, f"{box}{body}") if nesting < MAX_NESTING else f"{box}{body}\n")
        return "\n".join(written)

    def _nested(self, node: Any, depth: int, nesting: int, form: str, count: int) -> str:
        width = len(f"{count}{form} ") if form in ".)" else 2
        block = self._block(node, depth + 1, nesting + 1)
        indent = " " * width if nesting < MAX_NESTING else ""
        return "\n".join(indent + line if line else "" for line in block.split("\n"))

    def _item(self, node: Any, depth: int, nesting: int) -> tuple[str, str]:
        """Return what an item holds, and the box or sign before it."""
        kind = kind_of(node)
        box = ""
        if kind in ("taskItem", "blockTaskItem"):
            box = "[x] " if attribute(node, "state") == "DONE" else "[ ] "
        elif kind == "decisionItem":
            box = "➤ "
        nodes = content_of(node) if kind in _ITEMS else [node]
        parts = self.blocks(nodes, depth + 1, nesting + 1)
        # A list right below its item's text stays close to it.
        tight = len(parts) == 2 and parts[1][:2] in ("- ", "* ", "1.", "1)") and "\n\n" not in parts[1]
        return ("\n" if tight else "\n\n").join(parts), box

    def _captioned(self, node: Any, depth: int, nesting: int) -> str:
        captions = [child for child in children_of(node) if kind_of(child) == "caption"]
        others = [child for child in children_of(node) if kind_of(child) != "caption"]
        links = [mark for name, mark in marks_of(node) if name == "link"]
        if links:
            others = [_with_mark(child, links[0]) for child in others]
        parts = [self._paragraph([child], depth) if kind_of(child) == "media" else "" for child in others]
        rest = [child for child in others if kind_of(child) != "media"]
        parts.extend(self.blocks(rest, depth, nesting))
        for caption in captions:
            runs = inline_runs(content_of(caption), self._context, depth)
            parts.append(finish(to_markdown(run._replace(marks=run.marks | {EM}) for run in runs)))
        own = finish(escape(text_of(node)))
        return "\n\n".join(part for part in (own, *parts) if part)

    def _media_group(self, node: Any, depth: int, nesting: int) -> str:
        media = [child for child in children_of(node) if kind_of(child) == "media"]
        rest = [child for child in children_of(node) if kind_of(child) != "media"]
        files = "\n\n".join(self._paragraph([child], depth) for child in media)
        own = finish(escape(text_of(node)))
        return "\n\n".join(part for part in (own, files, *self.blocks(rest, depth, nesting)) if part)


def _with_mark(node: Any, mark: Any) -> Any:
    return {**node, "marks": [*(node.get("marks") or []), mark]} if isinstance(node, dict) else node


def _original(node: Any) -> list[Any]:
    attributes = node.get("attrs") if isinstance(node, dict) else None
    original = attributes.get("originalValue") if isinstance(attributes, dict) else None
    return [original] if original is not None else []
