"""Which documents of a site a document names: in its members, and by the links in its texts."""

import re
from collections.abc import Collection, Iterator
from typing import Any, Final
from urllib.parse import unquote

from shared.content import CREATED_BY
from shared.mongo import Document

# Between issues a reference may lead to what is not there: key and title stand beside it.
BETWEEN_ISSUES: Final = frozenset({"source_id", "target_id", "parent_id"})

_NO_REFERENCES: Final = frozenset({"_id", "hash", "import_id", CREATED_BY, "source", "source_blob"})
_LINK: Final = re.compile(r"\]\(/(?:users/([^)]+)|attachments/([^/)]+))")


def references(document: Document, site: str, *, apart: Collection[str] = ()) -> Iterator[str]:
    """Yield the `_id`s that a document names, some of them more than once; `apart` are members left out."""
    prefix = f"{site}:"
    for name, value in document.items():
        if name not in _NO_REFERENCES and name not in apart:
            yield from _within(value, prefix)


def _within(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith(prefix):
            yield value
        if "](/" in value:
            for user, attachment in _LINK.findall(value):
                yield unquote(user or attachment)
    elif isinstance(value, dict):
        for name, inner in value.items():  # the custom fields of an item are called by their `_id`s
            if name.startswith(prefix):
                yield name
            yield from _within(inner, prefix)
    elif isinstance(value, list):
        for inner in value:
            yield from _within(inner, prefix)
