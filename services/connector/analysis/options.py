"""The options of custom fields: from Jira where the account may read them, else from the sample."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from services.connector.analysis.sample import Sample
from services.connector.in_time import in_time
from shared.errors import PermanentError, TransientError
from shared.field_types import Holds, holds
from shared.jira.client import JiraClient
from shared.jira.endpoints import CLOUD_FIELD_CONTEXTS, CLOUD_FIELD_OPTIONS, DC_FIELD_OPTIONS
from shared.kinds import Deployment
from shared.state.plans import JiraField

_PATIENCE: Final = 0.6  # seconds
_FIELDS: Final = 20  # that are asked about, the most used ones
_CONTEXTS: Final = 3  # of one field
_MOST: Final = 100  # options in an answer
_WITH_OPTIONS: Final = frozenset({Holds.OPTION, Holds.OPTIONS, Holds.CASCADE})


class Options(NamedTuple):
    """The options of a field, the names of the contexts that have them, and who says so."""

    options: list[str]
    contexts: list[str]
    source: str  # jira or sample


def with_options(fields: Iterable[JiraField]) -> list[JiraField]:
    """Return the fields that people choose from."""
    return [field for field in fields if holds(field.custom) in _WITH_OPTIONS]


def seen(sample: Sample, fields: Sequence[JiraField]) -> dict[str, Options]:
    """Return the options that sampled issues have."""
    found: dict[str, dict[str, None]] = {}
    for issue in sample.all():
        for field in fields:
            for text in _texts(issue.get(field.id)):
                found.setdefault(field.id, {})[text] = None
    return {id_: Options(list(texts)[:_MOST], [], "sample") for id_, texts in found.items()}


async def read(client: JiraClient, deployment: Deployment, fields: Sequence[JiraField]) -> dict[str, Options]:
    """Return what Jira tells of some fields, as far as it came in time.

    Only administrators may ask; who may not for the first field is not asked again.
    """
    ask = _of_cloud if deployment is Deployment.CLOUD else _of_data_center
    first, rest = fields[:1], fields[1:_FIELDS]
    found: dict[str, Options] = {}
    for some in (first, rest):
        answers = await in_time("options", {one.id: ask(client, one) for one in some}, patience=_PATIENCE)
        known = {id_: options for id_, options in answers.items() if options is not None}
        if not known:
            break
        found |= known
    return found


async def _of_cloud(client: JiraClient, field: JiraField) -> Options | None:
    try:
        contexts = (await client.get(CLOUD_FIELD_CONTEXTS, field=field.id)).get("values") or []
        options: list[Mapping[str, Any]] = []
        for context in contexts[:_CONTEXTS]:
            page = await client.get(CLOUD_FIELD_OPTIONS, field=field.id, context=str(context["id"]))
            options += page.get("values") or []
    except (PermanentError, TransientError):
        return None
    parents = {str(one["id"]): one["value"] for one in options}
    texts = [
        f"{parents.get(str(one['optionId']))} - {one['value']}" if one.get("optionId") else one["value"]
        for one in options
    ]
    return Options(_distinct(texts), [str(context.get("name")) for context in contexts], "jira")


async def _of_data_center(client: JiraClient, field: JiraField) -> Options | None:
    number = field.id.removeprefix("customfield_")
    try:
        answer = await client.get(DC_FIELD_OPTIONS, field=number, params={"maxResults": _MOST})
    except (PermanentError, TransientError):
        return None
    options = answer.get("options") or []
    above = {str(child): one["value"] for one in options for child in one.get("childrenIds") or ()}
    texts = [
        f"{above[str(one['id'])]} - {one['value']}" if str(one["id"]) in above else one["value"]
        for one in options
    ]
    return Options(_distinct(texts), [], "jira")


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))[:_MOST]


def _texts(value: Any) -> Iterable[str]:
    for option in value if isinstance(value, list) else [value]:
        if isinstance(option, Mapping) and isinstance(text := option.get("value"), str):
            child = option.get("child")
            yield f"{text} - {child['value']}" if isinstance(child, Mapping) and "value" in child else text
