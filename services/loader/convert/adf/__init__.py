"""Atlassian Document Format to Markdown, for documents that keep the schema and for those that do not."""

from typing import Any

from services.loader.convert.adf.blocks import Blocks
from services.loader.convert.context import EMPTY, BodyContext


def adf_to_markdown(document: Any, context: BodyContext = EMPTY) -> str:
    return "\n\n".join(Blocks(context).blocks([document]))
