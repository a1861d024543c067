"""The content hash of a document in the store: what the loader wrote can be told from what was changed."""

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any, Final

import orjson

# Since when Jira has a thing no more, or hides it: the document stays, with this mark (a time, UTC).
GONE: Final = "gone_from_jira_at"

# By which import a document was inserted; `import_id` is the one that wrote it last.
CREATED_BY: Final = "first_import_id"

_NOT_CONTENT: Final = frozenset({"hash", "import_id", CREATED_BY, GONE})


def content_hash(content: Mapping[str, Any]) -> str:
    """Return 32 hexadecimal digits; the order of members means nothing."""
    return blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def is_intact(document: Mapping[str, Any], *, apart: Collection[str] = ()) -> bool:
    """Tell whether a document, with its `source`, still is what its `hash` was made of; `apart` grows freely.

    The hash covers everything but itself, the imports that wrote it and the mark of what is gone, so that the
    same content is equal in every run.
    """
    content = {
        name: value for name, value in document.items() if name not in _NOT_CONTENT and name not in apart
    }
    try:
        return content_hash(content) == document.get("hash")
    except TypeError:  # a value that the loader never writes, as an ObjectId
        return False
