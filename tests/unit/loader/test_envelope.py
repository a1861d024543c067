"""Identity and hash: equal content is equal in every run, other content never."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.loader.transform import Original, to_document
from services.loader.transform.fields import moment
from shared.kinds import EntityKind
from tests.unit.loader.entities import CLOUD_ISSUE, SITE, entity

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def hash_of(payload: dict[str, Any], import_id: str = "import-1") -> str:
    issue = entity(EntityKind.ISSUE, "1", payload, updated=1, import_id=import_id)
    document = to_document(Original(issue, payload))
    assert document["import_id"] == import_id
    found: str = document["hash"]
    return found


def test_the_run_is_no_part_of_the_hash() -> None:
    assert hash_of(CLOUD_ISSUE) == hash_of(CLOUD_ISSUE, import_id="import-2")


def test_the_order_of_members_is_no_part_of_the_hash() -> None:
    fields = dict(reversed(CLOUD_ISSUE["fields"].items()))
    assert hash_of(CLOUD_ISSUE) == hash_of({**CLOUD_ISSUE, "fields": fields})


def test_a_member_that_is_not_transformed_counts_too() -> None:
    fields = {**CLOUD_ISSUE["fields"], "lastViewed": "2020-01-01T00:00:00.000+0000"}
    assert hash_of(CLOUD_ISSUE) != hash_of({**CLOUD_ISSUE, "fields": fields})


@given(st.dictionaries(st.text().map("customfield_{}".format), json_values, max_size=5))
def test_the_source_is_the_payload(fields: dict[str, Any]) -> None:
    payload = {"id": "1", "key": "A-1", "fields": fields}
    document = to_document(Original(entity(EntityKind.ISSUE, "1", payload), payload))
    assert orjson.loads(document["source"]) == payload
    empty: tuple[object, ...] = (None, "", [])
    filled = {f"{SITE}:field:{name}" for name, value in fields.items() if value not in empty}
    assert document["custom_fields"].keys() == filled
    assert all(isinstance(value, str) for value in document["custom_fields"].values())


@given(st.datetimes(), st.integers(-12 * 60, 14 * 60))
def test_times_keep_their_moment(when: Any, offset: int) -> None:
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}{abs(offset) % 60:02d}"
    written = f"{when.isoformat(timespec='milliseconds')}{zone}"
    try:
        found = moment({"t": written}, "t")
    except Exception as error:
        assert "'t'" in str(error)  # noqa: PT017  (the first and last hours of the calendar have no UTC)
        return
    assert found is not None
    naive = when.replace(microsecond=when.microsecond // 1000 * 1000)
    assert (found.replace(tzinfo=None) - naive).total_seconds() == -offset * 60
