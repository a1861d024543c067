"""The version of what makes documents: another one may make other documents of the same things."""

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

_MAKERS: Final = ("transform", "convert")


@cache
def transform_version() -> str:
    """Return 16 hexadecimal digits that follow from the sources of the transforms alone."""
    digest = blake2b(digest_size=8)
    for folder in _MAKERS:
        for source in sorted((Path(__file__).parent / folder).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()
