"""What a converter may ask about the import around a body; every look-up may be missing."""

from collections.abc import Callable
from dataclasses import dataclass


def unknown(_name: str) -> str | None:
    return None


def unknown_media(_media_id: str, _name: str) -> str | None:
    return None


@dataclass(frozen=True)
class BodyContext:
    """Look-ups given by the caller.

    `user` takes an account id or a user name and gives a display name, or a mention as a Markdown link;
    `attachment` takes a file name and gives a link target, `media` a media id and a file name, of which one
    may be empty, `issue` a key.
    """

    user: Callable[[str], str | None] = unknown
    attachment: Callable[[str], str | None] = unknown
    media: Callable[[str, str], str | None] = unknown_media
    issue: Callable[[str], str | None] = unknown


EMPTY = BodyContext()
