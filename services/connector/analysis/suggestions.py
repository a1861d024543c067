"""What is in Windshift already and could stand for a thing of Jira, with the reason; names only suggest."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.connector.schemas.projects import Suggestion
from shared.field_types import fitting
from shared.ids import entity_id, field_id
from shared.kinds import EntityKind
from shared.mongo import Document, Store
from shared.sink import COLLECTION_OF
from shared.state.plans import JiraField

_MOST: Final = 5_000  # documents of a collection that are compared
_AGAIN: Final = "An earlier import created it from this one."
_SHOWN: Final = dict.fromkeys(("name", "key", "field_type", "is_subtask", "category_key", "email"), 1)


class _Things:
    """Documents of one collection, by id and by name."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.by_id = {one["_id"]: one for one in documents}
        self._by_name: dict[str, list[Document]] = {}
        for one in documents:
            self._by_name.setdefault(_folded(str(one.get("name") or "")), []).append(one)

    def called(self, name: str) -> Sequence[Document]:
        return self._by_name.get(_folded(name), ())


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Windshift's own things, by `_id`."""

    site: str
    fields: _Things
    types: _Things
    statuses: _Things
    users: Mapping[str, Document]  # by e-mail address, in lower case

    def for_fields(self, fields: Sequence[JiraField]) -> dict[str, Suggestion]:
        """Return suggestions by Jira's field; none where several fields of Jira have one name."""
        names = Counter(_folded(one.name) for one in fields)
        own = {field_id(self.site, one.id) for one in fields}
        found = {}
        for one in fields:
            types = fitting(one.custom)
            if known := self.fields.by_id.get(field_id(self.site, one.id)):
                found[one.id] = _suggestion(known, _AGAIN)
            elif names[_folded(one.name)] == 1:
                for same in self.fields.called(one.name):
                    if same["_id"] not in own and same.get("field_type") in types:
                        reason = f"It has the same name, and the type {same['field_type']} takes the values."
                        found[one.id] = _suggestion(same, reason)
                        break
        return found

    def for_type(self, jira_id: str, name: str, *, subtask: bool) -> Suggestion | None:
        """Return an item type of the same name and on the same side of sub-tasks."""
        if known := self.types.by_id.get(entity_id(self.site, EntityKind.ISSUE_TYPE, jira_id)):
            return _suggestion(known, _AGAIN)
        for same in self.types.called(name):
            if same.get("is_subtask") in (None, subtask):
                return _suggestion(same, "It has the same name.")
        return None

    def for_status(self, jira_id: str, name: str, category: str) -> Suggestion | None:
        """Return a status of the same name and category."""
        if known := self.statuses.by_id.get(entity_id(self.site, EntityKind.STATUS, jira_id)):
            return _suggestion(known, _AGAIN)
        for same in self.statuses.called(name):
            if same.get("category_key") in (None, category):
                return _suggestion(same, "It has the same name and category.")
        return None

    def for_user(self, email: str) -> Suggestion | None:
        """Return the user with an e-mail address; people are never matched by their names."""
        known = self.users.get(email.lower()) if email else None
        return None if known is None else _suggestion(known, "The e-mail address is the same.")


async def suggestions(store: Store, site: str, emails: Iterable[str]) -> Suggestions:
    """Read what Windshift has."""
    return Suggestions(
        site,
        fields=await _all(store, "custom_fields"),
        types=await _all(store, COLLECTION_OF[EntityKind.ISSUE_TYPE]),
        statuses=await _all(store, COLLECTION_OF[EntityKind.STATUS]),
        users=await _users(store, list(emails)),
    )


async def _all(store: Store, collection: str) -> _Things:
    return _Things(await store.windshift[collection].find({}, _SHOWN).to_list(_MOST))


async def _users(store: Store, emails: Sequence[str]) -> dict[str, Document]:
    wanted = {*emails, *(email.lower() for email in emails)}
    cursor = store.windshift[COLLECTION_OF[EntityKind.USER]].find({"email": {"$in": sorted(wanted)}}, _SHOWN)
    return {one["email"].lower(): one async for one in cursor}


def _folded(name: str) -> str:
    return name.strip().casefold()


def _suggestion(document: Document, reason: str) -> Suggestion:
    return Suggestion(windshift_id=document["_id"], name=str(document.get("name") or ""), reason=reason)
