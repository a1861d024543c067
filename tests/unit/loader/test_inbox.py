"""Reading a batch: what can be read, what cannot, and whom it belongs to."""

import json
import re
from collections.abc import Sequence

import orjson
import pytest
from aiokafka import ConsumerRecord

from services.loader.handlers import cut
from services.loader.inbox import Inbox, Run, open_batch, raised
from services.loader.tally import Report, newest, settle
from services.loader.transform.context import EMPTY, Context
from services.loader.writer import Outcome, Written
from shared.contracts.channels import ENTITIES
from shared.contracts.events import BlobRef, ProjectFetched
from shared.kinds import EntityKind
from shared.state.findings import FindingCode
from tests.unit.loader.entities import CLOUD_USER, SITE, entity


def record(value: bytes | None, offset: int = 0, partition: int = 0) -> ConsumerRecord:
    return ConsumerRecord(
        ENTITIES.topic, partition, offset, 0, 0, b"k", value, None, 1, len(value or b""), ()
    )


def records(*values: bytes) -> list[ConsumerRecord]:
    return [record(value, offset) for offset, value in enumerate(values)]


def user(id_: str = "u1", *, project_key: str = "ABC", import_id: str = "import-1") -> bytes:
    return entity(EntityKind.USER, id_, CLOUD_USER, project_key=project_key, import_id=import_id).to_bytes()


async def opened(records: Sequence[ConsumerRecord]) -> Inbox:
    async def context_of(_import_id: str) -> Context:
        return EMPTY

    return await open_batch(records, context_of, {})


async def test_projects_and_partitions_are_kept_apart() -> None:
    marker = ProjectFetched(import_id="import-1", site=SITE, project_id="1", project_key="ABC")
    inbox = await opened(
        [
            record(user("u1"), 4, 0),
            record(user("u1", project_key="XYZ"), 9, 1),
            record(user("u2"), 5, 0),
            record(marker.model_dump_json().encode(), 6, 0),
        ]
    )
    assert inbox.spans == {Run("import-1", "ABC", 0): (4, 5), Run("import-1", "XYZ", 1): (9, 9)}
    assert [one.jira_id for one in inbox.loadables] == ["u1", "u1", "u2"]
    assert [one.project_key for one in inbox.markers] == ["ABC"]


def test_a_batch_of_large_records_is_cut_into_portions() -> None:
    small, large = b"x" * 1_000, b"x" * 900_000
    assert [len(one) for one in cut(records(*[small] * 1_000))] == [1_000]
    assert [len(one) for one in cut(records(*[large] * 5))] == [2, 2, 1]
    assert list(cut([])) == []


@pytest.mark.parametrize(
    "poison",
    [b"", b"\xff\xfe", b"{", b"[]", b"null", b'"text"', b'{"type":"nonsense"}', b"{" * 100_000],
)
async def test_poison_is_set_aside_and_the_rest_goes_on(poison: bytes) -> None:
    inbox = await opened(records(user("u1"), poison, user("u2")))
    assert [one.jira_id for one in inbox.loadables] == ["u1", "u2"]
    assert [bad.offset for bad, _reason in inbox.unreadable] == [1]
    assert not inbox.letters


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "starship"},
        {"schema_version": 2},
        {"payload": [1]},
        {"occurred_at": "now"},
        {"payload": {"summary": "\ud800"}},
    ],
)
async def test_unreadable_records_of_a_known_import_have_a_letter(change: dict[str, object]) -> None:
    said = {**orjson.loads(user("u1")), **change}
    inbox = await opened(records(json.dumps(said).encode()))
    assert len(inbox.unreadable) == 1
    (letter,) = inbox.letters[Run("import-1", "ABC", 0)]
    assert (letter.id, letter.stage, letter.code) == ("u1", "load", "unreadable")
    assert inbox.spans == {Run("import-1", "ABC", 0): (0, 0)}


async def test_a_transform_that_fails_concerns_one_entity() -> None:
    bad = entity(EntityKind.USER, "u2", {"displayName": 5}).to_bytes()
    lists = b"[" * 300 + b"]" * 300
    deep = entity(EntityKind.USER, "u3", {"n": 1}).to_bytes().replace(b'"n":1', b'"n":' + lists)
    inbox = await opened(records(user("u1"), bad, deep, user("u4")))
    assert [one.jira_id for one in inbox.loadables] == ["u1", "u4"]
    letters = inbox.letters[Run("import-1", "ABC", 0)]
    assert [(one.id, one.code) for one in letters] == [
        ("u2", "invalid_payload"),
        ("u3", "transform_failed"),
    ]
    assert letters[0].payload == '{"displayName":5}'
    assert lists.decode() in (letters[1].payload or "")
    assert re.fullmatch(r"\w+ in \w+\.py, line \d+", letters[1].reason)


def test_what_is_told_of_an_error_quotes_nothing() -> None:
    with pytest.raises(ValueError, match="private") as raising:
        int("a private word")
    assert re.fullmatch(r"ValueError in test_inbox\.py, line \d+", raised(raising.value))


async def test_a_large_payload_is_no_part_of_a_letter() -> None:
    bad = entity(EntityKind.USER, "u1", {"displayName": 5, "more": "x" * 100_000}).to_bytes()
    (letter,) = (await opened(records(bad))).letters[Run("import-1", "ABC", 0)]
    assert letter.payload is None


async def test_claims_wait_and_empty_messages_are_named() -> None:
    blob = BlobRef(blob_id="b", size=1, sha256="0")
    inbox = await opened(
        records(
            entity(EntityKind.ISSUE, "1", None, payload_blob=blob).to_bytes(),
            entity(EntityKind.ISSUE, "2", None).to_bytes(),
        )
    )
    assert [claimed.id for _run, claimed in inbox.claims] == ["1"]
    assert [one.id for one in inbox.letters[Run("import-1", "ABC", 0)]] == ["2"]


def issue(title: str, updated: int) -> bytes:
    payload = {"id": "1", "fields": {"summary": title}}
    return entity(EntityKind.ISSUE, "1", payload, updated=updated).to_bytes()


@pytest.mark.parametrize(
    ("order", "winner"),
    [(((1, "old"), (2, "new")), "new"), (((2, "new"), (1, "old")), "new"), (((1, "a"), (1, "b")), "b")],
)
async def test_the_newest_of_a_batch_wins(order: tuple[tuple[int, str], ...], winner: str) -> None:
    inbox = await opened(records(*(issue(title, updated) for updated, title in order)))
    (found,) = newest(inbox.loadables).values()
    assert found.document["title"] == winner


async def test_the_fullest_of_equally_old_ones_wins() -> None:
    full = entity(EntityKind.USER, "u1", {**CLOUD_USER, "timeZone": "Europe/Dublin"}).to_bytes()
    for order in ((full, user("u1")), (user("u1"), full)):
        (found,) = newest((await opened(records(*order))).loadables).values()
        assert found.document["time_zone"] == "Europe/Dublin"


async def test_progress_counts_each_thing_once_for_each_project() -> None:
    inbox = await opened(
        records(user("u1"), user("u1"), user("u1", project_key="XYZ"), user("u2"), user("u3"), b"bad")
    )
    winners = newest(inbox.loadables)
    ids = {loadable.jira_id: id_ for id_, loadable in winners.items()}
    written = Written(
        outcomes={ids["u1"]: Outcome.INSERTED, ids["u2"]: Outcome.UNCHANGED}, refused={ids["u3"]: "no"}
    )
    report = Report()
    settle(inbox, winners, written, report.tallies)
    report.add(inbox)
    events = {event.project_key: event for event in report.progress()}
    abc, xyz = events["ABC"], events["XYZ"]
    assert (abc.loaded, abc.dead_lettered) == ({EntityKind.USER: 2}, 1)
    assert (xyz.loaded, xyz.dead_lettered) == ({EntityKind.USER: 1}, 0)
    assert abc.written + xyz.written == 1
    assert (abc.first_offset, abc.last_offset) == (0, 4)


async def test_text_that_is_none_is_told() -> None:
    damaged = entity(EntityKind.LABEL, "l1", {"name": "half \ufffd"}).to_bytes()
    whole = entity(EntityKind.LABEL, "l2", {"name": "whole \U0001f600"}).to_bytes()
    inbox = await opened(records(damaged, whole))
    assert [[note.code for note in one.notes] for one in inbox.loadables] == [[FindingCode.TEXT_DAMAGED], []]
