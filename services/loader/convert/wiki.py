"""Jira wiki markup to Markdown."""

from services.loader.convert.context import EMPTY, BodyContext


def wiki_to_markdown(text: str, context: BodyContext = EMPTY) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
