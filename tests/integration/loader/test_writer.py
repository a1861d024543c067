"""The writer on a real store: what it inserts, replaces, leaves alone and refuses."""

import time
from typing import Any

import orjson
import pytest
from bson import ObjectId

from services.loader.transform import Original, to_document
from services.loader.writer import Outcome, Written, write
from shared.content import CREATED_BY, is_intact
from shared.errors import TransientError
from shared.kinds import ConflictPolicy, EntityKind
from shared.mongo import Document, Store, open_store
from shared.settings import MongoSettings
from tests.unit.loader.entities import CLOUD_USER, SERVER_ISSUE, SITE, entity

POLICY = ConflictPolicy.KEEP_WINDSHIFT


def issue(id_: str, title: str, updated: int | None = 1, **fields: Any) -> Document:
    payload = {"id": id_, "key": f"ABC-{id_}", "fields": {"summary": title, **fields}}
    return to_document(Original(entity(EntityKind.ISSUE, id_, payload, updated=updated), payload))


def user(payload: dict[str, Any]) -> Document:
    return to_document(Original(entity(EntityKind.USER, "u1", payload), payload))


async def written(store: Store, *documents: Document) -> dict[str, Outcome]:
    """Write and return the outcomes by Jira's id."""
    into = Written()
    await write(store.windshift, "items", documents, POLICY, into=into)
    assert not into.refused
    return {id_.rsplit(":", 1)[1]: outcome for id_, outcome in into.outcomes.items()}


async def titles(store: Store) -> dict[str, str]:
    return {one["jira_id"]: one["title"] async for one in store.windshift["items"].find()}


async def test_insert_unchanged_replaced_and_stale_in_one_batch(store: Store) -> None:
    assert await written(store, issue("1", "a", 5), issue("2", "b", 5), issue("3", "c", 5)) == {
        "1": Outcome.INSERTED,
        "2": Outcome.INSERTED,
        "3": Outcome.INSERTED,
    }
    assert await written(
        store, issue("1", "a", 5), issue("2", "newer", 6), issue("3", "older", 4), issue("4", "d", 1)
    ) == {
        "1": Outcome.UNCHANGED,
        "2": Outcome.REPLACED,
        "3": Outcome.STALE,
        "4": Outcome.INSERTED,
    }
    assert await titles(store) == {"1": "a", "2": "newer", "3": "c", "4": "d"}


async def test_whoever_replaces_a_document_it_stays_the_creation_of_the_first(store: Store) -> None:
    def of(import_id: str, title: str, updated: int) -> Document:
        document = issue("1", title, updated)
        return document | {"import_id": import_id, CREATED_BY: import_id}

    for import_id, title, updated in (("first", "a", 1), ("second", "a", 1), ("third", "b", 2)):
        await written(store, of(import_id, title, updated))
    stored = await store.windshift["items"].find_one({"jira_id": "1"})
    assert stored is not None
    assert (stored["import_id"], stored[CREATED_BY]) == ("third", "first")
    assert is_intact(stored)
    await store.windshift["items"].update_one({"jira_id": "1"}, {"$unset": {CREATED_BY: 1}})
    await written(store, of("fourth", "c", 3))  # nobody knows who created it: the fourth one has not
    stored = await store.windshift["items"].find_one({"jira_id": "1"})
    assert stored is not None
    assert stored[CREATED_BY] is None


async def test_a_change_costs_as_much_in_a_large_collection_as_in_a_small_one(store: Store) -> None:
    known = [issue(str(number), "known") for number in range(4000)]
    began = time.monotonic()
    await written(store, *known)
    inserted = time.monotonic()
    await written(store, *(issue(str(number), "new", 2) for number in range(100)))
    assert time.monotonic() - inserted < inserted - began  # one reading of the collection for each takes 20 s


async def test_other_content_with_the_same_time_is_written(store: Store) -> None:
    await written(store, issue("1", "a", 5))
    assert await written(store, issue("1", "renamed status", 5)) == {"1": Outcome.REPLACED}


async def test_what_lost_its_time_does_not_replace_what_has_one(store: Store) -> None:
    await written(store, issue("1", "a", 5))
    assert await written(store, issue("1", "b", None)) == {"1": Outcome.STALE}


async def test_the_fullest_form_of_a_user_stays(store: Store) -> None:
    full = {**CLOUD_USER, "timeZone": "Europe/Dublin"}
    assert await written(store, user(CLOUD_USER)) == {"u1": Outcome.INSERTED}
    assert await written(store, user(full)) == {"u1": Outcome.REPLACED}
    assert await written(store, user(CLOUD_USER)) == {"u1": Outcome.UNCHANGED}
    assert await written(store, user({**CLOUD_USER, "active": False})) == {"u1": Outcome.REPLACED}


async def test_a_changed_transform_is_applied_to_unchanged_payloads(store: Store) -> None:
    await written(store, user(CLOUD_USER))
    anew = {**user(CLOUD_USER), "display_name": "by another rule", "hash": "another"}
    assert await written(store, anew) == {"u1": Outcome.REPLACED}


async def test_many_of_one_batch_are_found_again(store: Store) -> None:
    documents = [issue(str(number), "same") for number in range(230)]
    assert set((await written(store, *documents)).values()) == {Outcome.INSERTED}
    assert set((await written(store, *documents)).values()) == {Outcome.UNCHANGED}


async def test_field_names_with_dots_and_dollars_and_nul_in_texts_come_back(store: Store) -> None:
    custom = {"customfield_1": {"$ref": "x", "a.b": {"$set": 1}}}
    await written(store, issue("1", "nul \0 inside", 1, **custom))
    await written(store, issue("1", "nul \0 again", 2, **custom))
    found = await store.windshift["items"].find_one()
    assert found is not None
    assert found["custom_fields"] == {f"{SITE}:field:customfield_1": "$ref: x, a.b: $set: 1"}
    assert orjson.loads(found["source"])["fields"]["customfield_1"] == custom["customfield_1"]
    assert found["title"] == "nul \0 again"


@pytest.mark.parametrize(
    "fields",
    [
        {"nul\0key": 1},
        {"timespent": 2**63},
        {"customfield_1": "x" * 9_000_000},  # and once more in the source
    ],
)
async def test_what_the_store_refuses_holds_up_nothing(store: Store, fields: dict[str, Any]) -> None:
    for updated in (1, 2):  # as an insert, and as a replacement
        bad = issue("bad", "bad", updated, **fields)
        into = Written()
        found = [issue("1", "a", updated), bad, issue("2", "b", updated)]
        await write(store.windshift, "items", found, POLICY, into=into)
        assert set(into.refused) == {bad["_id"]}
        assert into.refused[bad["_id"]]
        assert len(into.outcomes) == 2
    assert set(await titles(store)) == {"1", "2"}


async def test_a_refusal_does_not_quote_the_document(store: Store) -> None:
    into = Written()
    odd = issue("1", "x", 1) | {"a private word": object()}
    await write(store.windshift, "items", [odd], POLICY, into=into)
    (reason,) = into.refused.values()
    assert reason == "InvalidDocument: the document holds what the store cannot"


async def test_what_is_read_back_is_intact_until_somebody_changes_it(store: Store) -> None:
    odd = {
        "customfield_1": [1.0, 2**62, -0.0, {"$b.a": None, "z": "\u2028\0"}],
        "created": "2015-12-02T07:39:15.123456-0800",
    }
    real = to_document(Original(entity(EntityKind.ISSUE, "1", SERVER_ISSUE, updated=5), SERVER_ISSUE))
    await written(store, real, issue("2", "b", None, **odd))
    items = store.windshift["items"]
    assert [is_intact(one) async for one in items.find().sort("_id", 1)] == [True, True]

    await items.update_one({"jira_id": "1"}, {"$set": {"labels": ["red"]}})
    await items.update_one({"jira_id": "2"}, {"$set": {"seen_by": ObjectId()}})
    assert [is_intact(one) async for one in items.find()] == [False, False]


async def test_a_store_that_is_away_is_worth_another_try(mongo_settings: MongoSettings) -> None:
    async with open_store(mongo_settings) as store:
        pass
    with pytest.raises(TransientError):
        await write(store.windshift, "items", [issue("1", "a"), issue("2", "b")], POLICY, into=Written())
