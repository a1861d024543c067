"""Definitions of the custom fields that an import creates: written when the first value of a field comes."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from pymongo import UpdateOne

from services.loader.inbox import Inbox
from services.loader.transform.context import CHOICES, Context, FieldRule, unlisted
from shared.content import CREATED_BY, content_hash
from shared.ids import entity_id, field_id
from shared.kinds import EntityKind
from shared.mongo import Collection, Document

_MOST_OPTIONS: Final = 5_000  # labels have no end; a list of choices that long helps nobody

_Fresh = dict[str, set[str]]  # by the field's id: options that were not seen before


async def define(collection: Collection, inbox: Inbox) -> None:
    """Write the definitions, and the options, that the items of a batch are the first to need.

    Repeating changes nothing, so each process writes what it has not written itself.
    """
    fresh: dict[tuple[str, str], _Fresh] = defaultdict(dict)
    for loadable in inbox.loadables:
        if loadable.kind is EntityKind.ISSUE:
            run, document = loadable.run, loadable.document
            for rule, needed in _needed(inbox.contexts[run.import_id], document):
                fresh[run.import_id, document["site"]].setdefault(rule.key, set()).update(needed)
    if not fresh:
        return
    updates = [
        _update(_rule(inbox.contexts[import_id], site, key), site, import_id, options)
        for (import_id, site), found in fresh.items()
        for key, options in found.items()
    ]
    await collection.bulk_write(updates, ordered=False)
    for (import_id, _), found in fresh.items():
        defined = inbox.contexts[import_id].defined
        for key, options in found.items():
            defined.setdefault(key, set()).update(options)


def _needed(context: Context, document: Document) -> Iterator[tuple[FieldRule, list[str]]]:
    """Yield the fields of an item that are not defined yet, and those that get a new option."""
    for key, value in document["custom_fields"].items():
        known = context.defined.get(key)
        if known is not None and key not in context.choices:
            continue
        rule = _rule(context, document["site"], key)
        if not rule.created:
            continue
        options = _options(rule, value, known or set())
        if known is None or options:
            yield rule, options


def _options(rule: FieldRule, value: Any, known: set[str]) -> list[str]:
    if rule.type not in CHOICES or len(known) >= _MOST_OPTIONS:
        return []
    return [one for one in (value if isinstance(value, list) else [value]) if one not in known]


def _rule(context: Context, site: str, key: str) -> FieldRule:
    return context.by_key.get(key) or unlisted(site, key.removeprefix(field_id(site, "")))


def _update(rule: FieldRule, site: str, import_id: str, options: set[str]) -> UpdateOne:
    jira = rule.jira
    definition = {
        "site": site,
        "jira_id": jira.id,
        "name": jira.name,
        "field_type": rule.type.value,
        "jira_type": jira.custom,
        "jira_schema": {"type": jira.type, "items": jira.items},
        "workspace_id": entity_id(site, EntityKind.PROJECT, jira.project_id) if jira.project_id else None,
    }
    change: Document = {
        "$set": definition | {"hash": content_hash(definition)},
        "$setOnInsert": {"import_id": import_id, CREATED_BY: import_id},
    }
    if rule.type in CHOICES:
        change["$addToSet"] = {"options": {"$each": sorted(options)}}
    return UpdateOne({"_id": rule.key}, change, upsert=True)
