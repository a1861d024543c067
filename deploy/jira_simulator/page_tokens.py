"""Cloud's page tokens: a place in a walk, good for the question that it was given for and no other."""

import base64
import binascii
import hashlib
from collections.abc import Iterator

import orjson

from deploy.jira_simulator.observed import observed


def bound(*question: object) -> str:
    """What tells one question from another."""
    return hashlib.sha256(repr(question).encode()).hexdigest()[:16]


def encode(owner: str, *place: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([owner, *place])).decode()


def decode(owner: str, token: str) -> Iterator[int]:
    """The place; refuses a token that is spoilt or belongs to another question."""
    try:
        given, *place = orjson.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise observed("cloud-page-token") from None
    if given != owner:
        raise observed("cloud-page-token")
    return iter(place)
