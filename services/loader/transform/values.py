"""Values of Jira's custom fields as Windshift's field types want them; what does not fit says why."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from services.loader.convert import BodyContext, to_markdown
from shared.field_types import FieldType, Holds
from shared.ids import user_id
from shared.kinds import EntityKind

_DEEPEST: Final = 4  # levels of an app's own structure that become text word by word
_LARGEST: Final = 2**63 - 1
_NAMES: Final = ("displayName", "name", "value", "title", "label", "text", "summary", "key")


class Around(NamedTuple):
    """What is known around a value."""

    site: str
    bodies: BodyContext


Reader: TypeAlias = Callable[[Any, Around], Any]  # the value in; what the field holds out


class MisfitError(Exception):
    """A value that the field cannot hold; the message says so without the value."""


def reader(holds: Holds, type_: FieldType) -> Reader:
    """Return what turns a value (never an empty one) into that of a field; it raises MisfitError."""
    if holds is Holds.BODY:
        return lambda value, around: to_markdown(_body(value), around.bodies)
    texts = _TEXTS_OF[holds]
    if type_ in (FieldType.TEXT, FieldType.TEXTAREA):
        return lambda value, _around: ", ".join(texts(value))
    if type_ is FieldType.MULTISELECT:
        return lambda value, _around: list(dict.fromkeys(texts(value)))
    if type_ is FieldType.SELECT:
        return lambda value, _around: _only(texts(value))
    if type_ is FieldType.USER:
        return lambda value, around: f"{around.site}:{EntityKind.USER}:{_only(_user_ids(value))}"
    if type_ is FieldType.MILESTONE:
        return lambda value, around: f"{around.site}:{EntityKind.VERSION}:{_only(_ids(value))}"
    if type_ is FieldType.NUMBER:
        return lambda value, _around: _number(value)
    return lambda value, _around: _moment(value).date().isoformat()


def exact_reader(holds: Holds, type_: FieldType) -> Reader | None:
    """Return what reads all that a field of this type has no room for: times of day, who, which versions.

    A time is given in ISO 8601, things by their `_id`s. None where the field itself says everything.
    """
    if holds is Holds.MOMENT and type_ is FieldType.DATE:
        return lambda value, _around: _moment(value).isoformat()
    kind = _REFERRED.get(holds)
    if kind is None or type_ in (FieldType.USER, FieldType.MILESTONE):
        return None
    id_of = user_id if kind is EntityKind.USER else _id
    return lambda value, around: [
        f"{around.site}:{kind}:{id_}" for one in _things(value) if (id_ := id_of(one)) is not None
    ]


def _only(values: list[str]) -> str:
    if len(values) != 1:
        raise MisfitError(f"{len(values)} values, where the field holds one")
    return values[0]


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MisfitError("no number")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise MisfitError("a number beyond 64 bits, which no store of Windshift's holds")
    return value


def _moment(value: Any) -> datetime:
    """Read a day or a time; its day is the one in the time zone that Jira wrote it in."""
    try:
        return datetime.fromisoformat(_line(value))
    except ValueError as error:
        raise MisfitError("no date") from error


def _line(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise MisfitError("no text")


def _named(value: Any, *names: str) -> str:
    """Return the first of some members that is text; a thing that is only a text is its own name."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        for name in names:
            if isinstance(found := value.get(name), str) and found:
                return found
    raise MisfitError(f"nothing with a {names[0]}")


def _things(value: Any) -> list[Any]:
    return [one for one in value if one is not None] if isinstance(value, list) else [value]


def _user_ids(value: Any) -> list[str]:
    ids = [user_id(one) for one in _things(value)]
    if None in ids:
        raise MisfitError("nobody with an account")
    return [one for one in ids if one is not None]


def _ids(value: Any) -> list[str]:
    ids = [_id(one) for one in _things(value)]
    if None in ids:
        raise MisfitError("nothing with an id")
    return [one for one in ids if one is not None]


def _id(thing: Any) -> str | None:
    id_ = thing.get("id") if isinstance(thing, Mapping) else None
    return str(id_) if isinstance(id_, str | int) else None


def _each(*names: str) -> Callable[[Any], list[str]]:
    return lambda value: [_named(one, *names) for one in _things(value)]


def _number_text(value: Any) -> list[str]:
    number = _number(value)
    return [str(int(number)) if isinstance(number, float) and number.is_integer() else str(number)]


def _moment_text(value: Any) -> list[str]:
    return [_moment(value).isoformat(sep=" ", timespec="seconds")]


def _day_text(value: Any) -> list[str]:
    try:
        return [date.fromisoformat(_line(value)).isoformat()]
    except ValueError as error:
        raise MisfitError("no date") from error


def _body(value: Any) -> str | dict[str, Any]:
    if isinstance(value, str | dict):
        return value
    raise MisfitError("no document and no text")


def _cascade_text(value: Any) -> list[str]:
    """Write both levels as Jira shows them: `Europe - North`."""
    above = _named(value, "value")
    below = value.get("child") if isinstance(value, Mapping) else None
    return [f"{above} - {_named(below, 'value')}" if below else above]


def _project_text(value: Any) -> list[str]:
    name, key = _named(value, "name", "key"), value.get("key") if isinstance(value, Mapping) else None
    return [f"{name} ({key})" if isinstance(key, str) and key != name else name]


def _request_type_text(value: Any) -> list[str]:
    inner = value.get("requestType") if isinstance(value, Mapping) else None
    return [_named(inner or value, "name")]


def _app_text(value: Any) -> list[str]:
    return [_readable(value, _DEEPEST)]


def _readable(value: Any, levels: int) -> str:
    """Write any JSON as people might read it: names of things, members of others, words of texts."""
    if isinstance(value, str):
        return value
    if levels and isinstance(value, list):
        return ", ".join(_readable(one, levels - 1) for one in value)
    if levels and isinstance(value, dict):
        if value.get("type") == "doc" and "content" in value:
            return to_markdown(value)
        for name in _NAMES:
            if isinstance(found := value.get(name), str) and found:
                return found
        return ", ".join(f"{name}: {_readable(one, levels - 1)}" for name, one in value.items())
    return orjson.dumps(value).decode()


_TEXTS_OF: Final[Mapping[Holds, Callable[[Any], list[str]]]] = {
    Holds.LINE: lambda value: [_line(value)],
    Holds.NUMBER: _number_text,
    Holds.DATE: _day_text,
    Holds.MOMENT: _moment_text,
    Holds.OPTION: _each("value"),
    Holds.OPTIONS: _each("value"),
    Holds.CASCADE: _cascade_text,
    Holds.PERSON: _each("displayName", "name", "key", "accountId"),
    Holds.PEOPLE: _each("displayName", "name", "key", "accountId"),
    Holds.GROUP: _each("name", "groupId"),
    Holds.GROUPS: _each("name", "groupId"),
    Holds.VERSION: _each("name"),
    Holds.VERSIONS: _each("name"),
    Holds.PROJECT: _project_text,
    Holds.LABELS: lambda value: [_line(one) for one in _things(value)],
    Holds.REQUEST_TYPE: _request_type_text,
    Holds.NAMED: _each("name", "title"),
    Holds.UNKNOWN: _app_text,
}

# Things that are in Windshift too, where a field shows no more than their names.
_REFERRED: Final[Mapping[Holds, EntityKind]] = {
    Holds.PERSON: EntityKind.USER,
    Holds.PEOPLE: EntityKind.USER,
    Holds.VERSION: EntityKind.VERSION,
    Holds.VERSIONS: EntityKind.VERSION,
    Holds.PROJECT: EntityKind.PROJECT,
}
