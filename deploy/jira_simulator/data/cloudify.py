"""Turns an issue of a Data Center into what Cloud would show: account ids for users, ADF for texts."""

import hashlib
from typing import Any

from deploy.jira_simulator.data.bodies import document

_PEOPLE = ("creator", "reporter", "assignee")
_TEXTS = ("description", "environment")


def as_cloud(fields: dict[str, Any]) -> None:
    """Changes the fields in place; `comment` is the bare list of comments."""
    _people(fields, _PEOPLE)
    _texts(fields, _TEXTS)
    for attachment in fields.get("attachment") or ():
        _people(attachment, ("author",))
    for comment in fields["comment"]:
        _people(comment, ("author", "updateAuthor"))
        _texts(comment, ("body",))
        comment["jsdPublic"] = True


def _people(holder: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if holder.get(name):
            holder[name] = _user(holder[name])


def _texts(holder: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if isinstance(holder.get(name), str):
            holder[name] = document(holder[name])


def _user(user: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(user["key"].encode()).hexdigest()[:24]
    kept: dict[str, Any] = {
        name: user[name] for name in ("displayName", "active", "timeZone") if name in user
    }
    return {"accountId": digest, "avatarUrls": {}, **kept, "accountType": "atlassian"}
