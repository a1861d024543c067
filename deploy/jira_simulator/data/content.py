"""The bytes of an attachment, made from its id: any range can be served without making the rest."""

import hashlib
import uuid
from collections.abc import Iterator

_BLOCK = 65_536


def media_uuid(attachment: int) -> str:
    return str(uuid.UUID(bytes=hashlib.md5(b"media %d" % attachment, usedforsecurity=False).digest()))


def stream(attachment: int, start: int, stop: int) -> Iterator[bytes]:
    """The bytes [start, stop) of an endless sequence that is particular to this attachment."""
    block = _block(attachment)
    position = start
    while position < stop:
        number, offset = divmod(position, _BLOCK)
        # Each block begins with its number, so that bytes resumed at a wrong offset never fit.
        piece = (number.to_bytes(8, "big") + block[8:])[offset : offset + stop - position]
        yield piece
        position += len(piece)


def _block(attachment: int) -> bytes:
    return hashlib.shake_128(b"attachment %d" % attachment).digest(_BLOCK)
