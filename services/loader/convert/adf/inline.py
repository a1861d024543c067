"""The inline content of a block as runs."""

from typing import Any

from services.loader.convert.adf.leaves import (
    card_runs,
    date_run,
    emoji_run,
    extension_runs,
    link_runs,
    media_run,
    mention_run,
    note,
    status_run,
)
from services.loader.convert.adf.nodes import (
    BLOCKS,
    attribute,
    children_of,
    every_text,
    kind_of,
    marks_of,
    plain_text,
    text_of,
)
from services.loader.convert.context import BodyContext
from services.loader.convert.runs import CODE, EM, STRIKE, STRONG, Run
from services.loader.convert.scripts import subscript, superscript

MAX_DEPTH = 40  # nodes within nodes; below, only the text is kept
# These say what their attributes say, and have no text beside it, but a document may break the rules.
_SILENT = frozenset({
    "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "blockCard", "embedCard", "media",
    "mediaInline", "extension", "inlineExtension", "syncBlock",
})  # fmt: skip
_LINE_BLOCKS = BLOCKS - {"media"}  # these take a line of their own, even where none belongs
_MARKS = {"strong": STRONG, "em": EM, "underline": EM, "strike": STRIKE, "code": CODE}


def inline_runs(nodes: list[Any], context: BodyContext, depth: int = 0) -> list[Run]:
    runs: list[Run] = []
    for node in nodes:
        if (text := plain_text(node)) is not None:
            runs.append(Run(text))
            continue
        is_block = kind_of(node) in _LINE_BLOCKS
        if is_block and runs and not runs[-1].text.endswith("\n"):
            runs.append(Run("\n"))  # a block where none belongs begins a line
        runs.extend(_marked(_node_runs(node, context, depth), node))
        if is_block:
            runs.append(Run("\n"))
    return runs


def _node_runs(node: Any, context: BodyContext, depth: int) -> list[Run]:
    kind = kind_of(node)
    match kind:
        case "text":
            runs = [Run(text_of(node))]
        case "hardBreak":
            runs = [Run("\n")]
        case "mention":
            runs = [mention_run(node, context)]
        case "emoji":
            runs = [emoji_run(node)]
        case "date":
            runs = [date_run(node)]
        case "status":
            runs = [status_run(node)]
        case "inlineCard" | "blockCard" | "embedCard":
            runs = card_runs(node, context)
        case "media" | "mediaInline":
            runs = [media_run(node, context)]
        case "extension" | "inlineExtension":
            runs = extension_runs(node)
        case "syncBlock" if not children_of(node):
            runs = note("synced block")
        case _:
            runs = _unknown_runs(node)
    if kind in _SILENT and (own := text_of(node)):
        runs.append(Run(own))
    if not children_of(node):
        return runs
    if depth >= MAX_DEPTH:
        return [*runs, Run(f" {every_text(children_of(node))}")]
    return [*runs, *inline_runs(children_of(node), context, depth + 1)]


def _unknown_runs(node: Any) -> list[Run]:
    text = text_of(node)
    if not text and not children_of(node):
        text = attribute(node, "text", "title", "alt", "name", "url")
    elif not text:
        text = attribute(node, "title")
    return [Run(text)] if text else []


def _marked(runs: list[Run], node: Any) -> list[Run]:
    for name, mark in marks_of(node):
        if name in _MARKS:
            added = {_MARKS[name]}
            runs = [Run(text, marks | added, href, raw) for text, marks, href, raw in runs]
        elif name == "link":
            runs = link_runs(runs, attribute(mark, "href", "url"))
        elif name == "subsup":
            write = subscript if attribute(mark, "type") == "sub" else superscript
            runs = [run if run.verbatim else run._replace(text=write(run.text)) for run in runs]
    return runs
