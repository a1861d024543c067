"""Typed reading of Jira's JSON: absent and null are None, a wrong type raises InvalidPayloadError."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from services.loader.convert import BodyContext, to_markdown
from services.loader.transform.errors import InvalidPayloadError
from shared.ids import user_id
from shared.kinds import EntityKind

Payload: TypeAlias = Mapping[str, Any]


def text(source: Payload, name: str) -> str | None:
    """Return a member that is text."""
    value = source.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InvalidPayloadError.of(name, "text", value)


def whole(source: Payload, name: str) -> int | None:
    """Return a member that is a whole number."""
    value = source.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise InvalidPayloadError.of(name, "a whole number", value)


def flag(source: Payload, name: str) -> bool | None:
    """Return a member that is true or false."""
    value = source.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise InvalidPayloadError.of(name, "true or false", value)


def member(source: Payload, name: str) -> Payload | None:
    """Return a member that is an object."""
    value = source.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise InvalidPayloadError.of(name, "an object", value)


def members(source: Payload, name: str) -> list[Payload]:
    """Return a member that is a list of objects."""
    value = source.get(name)
    if not value and value is not False:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InvalidPayloadError.of(name, "a list of objects", value)
    return value


def texts(source: Payload, name: str) -> list[str]:
    """Return a member that is a list of texts."""
    value = source.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InvalidPayloadError.of(name, "a list of texts", value)
    return value


def moment(source: Payload, name: str) -> datetime | None:
    """Return a time in UTC; Jira's `2015-12-02T07:39:15.000-0800` has no colon in its offset.

    In whole milliseconds, as BSON keeps it: what is read back must be what the content's hash was made of.
    """
    value = text(source, name)
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        if finer := parsed.microsecond % 1000:
            parsed -= timedelta(microseconds=finer)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidPayloadError(f"{name!r} is text but not a time in ISO 8601") from error


def markdown(source: Payload, name: str, context: BodyContext) -> str:
    """Return a body (ADF or wiki markup) as Markdown; an empty one is empty text."""
    value = source.get(name)
    if value is None or isinstance(value, str | dict):
        return to_markdown(value, context)
    raise InvalidPayloadError.of(name, "a document or text", value)


def label_of(source: Payload, name: str, *, called: str = "name") -> str | None:
    """Return what an embedded object is called: the resolution's name, the status category's key."""
    thing = member(source, name)
    return text(thing, called) if thing else None


def reference(site: str, kind: EntityKind, source: Payload, name: str) -> str | None:
    """Return the `_id` of an embedded object, by its Jira id."""
    thing = member(source, name)
    return _entity(site, kind, thing, name) if thing else None


def references(site: str, kind: EntityKind, source: Payload, name: str) -> list[str]:
    """Return the `_id`s of a list of embedded objects; one without an id is left out."""
    found = (_entity(site, kind, thing, name) for thing in members(source, name))
    return [one for one in found if one is not None]


def reference_to(site: str, kind: EntityKind, source: Payload, name: str) -> str | None:
    """Return the `_id` for a member that is a Jira id itself (`issueId`, `projectId`)."""
    return _identity(site, kind, source.get(name), name)


def who(site: str, source: Payload, name: str, called: str = "") -> dict[str, str | None]:
    """Return an embedded user; by name where Jira names no account, as with people who have left."""
    account = _user(site, member(source, name), name)
    shown = label_of(source, name, called="displayName") if account is None else None
    return {f"{called or name}_id": account, f"{called or name}_name": shown}


def people(site: str, source: Payload, name: str) -> list[str]:
    """Return the `_id`s of a list of embedded users; one that Jira does not name is left out."""
    return [one for user in members(source, name) if (one := _user(site, user, name))]


def _user(site: str, user: Payload | None, name: str) -> str | None:
    return _identity(site, EntityKind.USER, user_id(user), name)


def _entity(site: str, kind: EntityKind, thing: Payload, name: str) -> str | None:
    return _identity(site, kind, thing.get("id"), f"{name}.id")


def _identity(site: str, kind: EntityKind, value: object, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return f"{site}:{kind.value}:{value}"  # entity_id(), without a call for each of a dozen references
    raise InvalidPayloadError.of(name, "an id", value)
