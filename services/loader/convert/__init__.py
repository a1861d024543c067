"""Jira bodies (ADF or wiki markup) to GitHub-flavoured Markdown: pure, linear in time, never raising."""

from typing import Any

from services.loader.convert.adf import adf_to_markdown
from services.loader.convert.context import EMPTY, BodyContext
from services.loader.convert.wiki import wiki_to_markdown

__all__ = ["EMPTY", "BodyContext", "adf_to_markdown", "to_markdown", "wiki_to_markdown"]


def to_markdown(body: str | dict[str, Any] | None, context: BodyContext = EMPTY) -> str:
    """Cloud v3 gives a document, Data Center and old fields wiki markup, an empty field nothing."""
    if body is None:
        return ""
    if isinstance(body, str):
        return wiki_to_markdown(body, context)
    return adf_to_markdown(body, context)
