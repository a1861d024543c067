"""Jira wiki markup to Markdown: macros first, then blocks, then the text within them."""

from services.loader.convert.context import EMPTY, BodyContext
from services.loader.convert.text import clean
from services.loader.convert.wiki.blocks import Blocks
from services.loader.convert.wiki.macros import extract


def wiki_to_markdown(text: str, context: BodyContext = EMPTY) -> str:
    with_places, macros = extract(clean(text))
    return Blocks(macros, context).markdown(with_places)
