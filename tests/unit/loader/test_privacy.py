"""What was restricted in Jira is private here, says for whom it was meant, and is counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loader.transform import Original, to_document
from shared.kinds import EntityKind
from shared.mongo import Document
from shared.state.findings import FindingCode
from tests.unit.loader.entities import entity

ENTRIES = [EntityKind.COMMENT, EntityKind.WORKLOG]
PARTS = [*ENTRIES, EntityKind.ATTACHMENT]
STAFF = {"type": "security_level", "id": "9", "name": "Staff"}
MANAGERS = {"visibility": {"type": "role", "value": "Managers", "identifier": "10002"}}
TEAM = {"issuerestriction": {"issuerestrictions": {"projectrole": [{"value": "10008"}]}}}


def loaded(kind: EntityKind, payload: dict[str, Any]) -> tuple[Document, list[str]]:
    """Return the document and what is told of its privacy."""
    original = Original(entity(kind, "1", payload, updated=1), payload)
    document = to_document(original)
    return document, [note.detail for note in original.notes if note.code is FindingCode.MADE_PRIVATE]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"security": {"id": "9", "name": "Staff"}}, ["security_level Staff"]),
        ({"security": "Staff"}, ["security_level"]),
        (TEAM, ["projectrole 10008"]),
        ({"issuerestriction": "?"}, ["unknown"]),
    ],
)
def test_a_restricted_issue(fields: dict[str, Any], told: list[str]) -> None:
    found, notes = loaded(EntityKind.ISSUE, {"id": "1", "key": "A-1", "fields": fields})
    assert found["is_private"] is True
    assert notes == told


def test_the_level_is_named() -> None:
    found, _ = loaded(EntityKind.ISSUE, {"fields": {"security": {"id": "9", "name": "Staff"}}})
    assert found["restrictions"] == [STAFF]
    assert found["security_level_id"].endswith(":security_level:9")


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (MANAGERS, ["role Managers"]),
        ({"visibility": {"type": "group", "value": "staff"}}, ["group staff"]),
        ({"jsdPublic": False}, ["internal"]),
        ({**MANAGERS, "issueRestrictions": [STAFF]}, ["role Managers", "security_level Staff"]),
    ],
)
def test_a_restricted_comment_or_worklog(kind: EntityKind, payload: dict[str, Any], told: list[str]) -> None:
    found, notes = loaded(kind, {"issueId": "1", **payload})
    assert found["is_private"] is True
    assert notes == told
    assert [one["type"] for one in found["restrictions"]] == [one.split()[0] for one in told]


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("restrictions", [[STAFF], "?", [None], [[]], {}, False])
def test_what_belongs_to_a_restricted_issue(kind: EntityKind, restrictions: Any) -> None:
    found, notes = loaded(kind, {"issueId": "1", "issueRestrictions": restrictions})
    assert found["is_private"] is True
    assert notes


@pytest.mark.parametrize("kind", [*PARTS, EntityKind.ISSUE])
@pytest.mark.parametrize("payload", [{}, {"issueRestrictions": None}, {"issueRestrictions": []}])
def test_what_nobody_restricted(kind: EntityKind, payload: dict[str, Any]) -> None:
    found, notes = loaded(kind, {"issueId": "1", "fields": {"security": None}, **payload})
    assert (found["is_private"], found["restrictions"], notes) == (False, [], [])


@pytest.mark.parametrize(
    ("change", "private"),
    [
        ({"field": "Comment", "fromString": "an internal note", "toString": None}, True),
        ({"field": "Comment", "fromString": None, "toString": "a note"}, True),
        ({"field": "Comment", "fromString": "", "toString": None}, False),
        ({"field": "description", "fromString": "before", "toString": "after"}, False),
        ({"field": "security", "fromString": None, "toString": "Staff"}, False),
    ],
)
def test_a_change_that_quotes_a_comment(change: dict[str, Any], private: bool) -> None:
    other = {"field": "status", "fromString": "Open", "toString": "Done"}
    found, notes = loaded(EntityKind.HISTORY, {"issueId": "1", "items": [other, change]})
    assert found.get("is_private", False) is private
    assert notes == (["deleted_comment"] if private else [])


def test_a_link_tells_nothing_of_its_ends_but_their_keys() -> None:
    """Who may read one of them may be kept from reading the other, and nobody may know that one here."""
    ends = {"source": {"id": "1", "key": "A-1"}, "target": {"id": "2", "key": "HR-2", "summary": "Secret"}}
    found, _ = loaded(EntityKind.LINK, {"id": "9", "type": {"id": "3", "outward": "blocks"}, **ends})
    assert "Secret" not in str({name: value for name, value in found.items() if name != "source"})
    assert found["target_key"] == "HR-2"


@pytest.mark.parametrize("kind", ENTRIES)
@given(
    visibility=st.none() | st.text() | st.booleans() | st.dictionaries(st.text(), st.text(), max_size=2),
    public=st.none() | st.booleans() | st.text(max_size=3) | st.integers(0, 1),
)
def test_only_what_is_plainly_public_is_public(kind: EntityKind, visibility: Any, public: Any) -> None:
    found, notes = loaded(kind, {"issueId": "1", "visibility": visibility, "jsdPublic": public})
    plainly_public = visibility is None and (public is None or public is True)
    assert found["is_private"] is not plainly_public
    assert bool(notes) is not plainly_public
