"""Events: what is on the topics today stays readable, and what we write today is what was agreed.

One file per event and version under `golden/`; a file is never edited, a new version gets a new one.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.contracts.channels import CHANNELS
from shared.contracts.events import (
    PROGRESS_EVENT,
    BatchLoaded,
    BlobRef,
    EntityFetched,
    FetchTask,
    ImportRequested,
    ImportStateChanged,
    KindAccount,
    ProjectFetched,
    ProjectLoaded,
    RemapProgressed,
    RemapRequested,
    entity_message,
)
from shared.kinds import EntityKind, State, TaskKind

GOLDEN = Path(__file__).parent / "golden"
ENVELOPE: dict[str, Any] = {
    "event_id": UUID("00000000-0000-4000-8000-000000000001"),
    "occurred_at": datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
    "import_id": "import-1",
}
ENTITY: dict[str, Any] = {
    "import_id": "import-1",
    "site": "acme.example.com",
    "project_id": "10000",
    "project_key": "ABC",
    "kind": EntityKind.ISSUE,
    "id": "10001",
    "updated": 1_767_323_045_678,
    "occurred_at": 1_767_323_046_000,
}
BLOB = BlobRef(blob_id="acme.example.com:attachment:30001", size=3, sha256="ab" * 32)
ACCOUNT = {EntityKind.ISSUE: KindAccount(jira=3, windshift=2, missing=0, dead_lettered=1)}

EVENTS: dict[str, BaseModel] = {
    "import_requested": ImportRequested(
        **ENVELOPE, site="acme.example.com", connection_id="c-1", project_keys=("ABC", "DEF")
    ),
    "fetch_task": FetchTask(
        **ENVELOPE,
        task_id="import-1/ABC/issues/000000.001",
        project_key="ABC",
        kind=TaskKind.ISSUES,
        attempt=2,
    ),
    "entity_fetched": EntityFetched(**ENTITY, payload={"id": "10001", "fields": {"summary": "Ä \u0000"}}),
    "entity_fetched_attachment": EntityFetched(
        **{**ENTITY, "kind": EntityKind.ATTACHMENT}, payload={"id": "30001"}, content=BLOB
    ),
    "entity_fetched_in_the_blob_store": EntityFetched(**{**ENTITY, "updated": None}, payload_blob=BLOB),
    "project_fetched": ProjectFetched(
        **ENVELOPE, site="acme.example.com", project_id="10000", project_key="ABC"
    ),
    "batch_loaded": BatchLoaded(
        **ENVELOPE,
        project_key="ABC",
        partition=3,
        first_offset=10,
        last_offset=509,
        loaded={EntityKind.ISSUE: 400, EntityKind.COMMENT: 99},
        written=480,
        dead_lettered=1,
    ),
    "project_loaded": ProjectLoaded(**ENVELOPE, project_key="ABC", kinds=ACCOUNT),
    "remap_requested": RemapRequested(**ENVELOPE, project_key="ABC", revision=2),
    "remap_progressed": RemapProgressed(
        **ENVELOPE, project_key="ABC", revision=2, total=3, done=2, changed=1, finished=False
    ),
    "import_state_changed": ImportStateChanged(**ENVELOPE, state=State.PAUSED, reason="The token expired."),
}

# What came to version 1 after its golden file was written: readers without it go on.
ADDED: dict[str, dict[str, Any]] = {
    "fetch_task": {"site": "acme.example.com"},
    "project_fetched": {"retry": 2},
    "project_loaded": {"retry": 2},
}


def written(event: BaseModel) -> bytes:
    """Serialize as the services do."""
    return event.to_bytes() if isinstance(event, EntityFetched) else event.model_dump_json().encode()


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.v1.json").read_bytes()


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_on_the_topics_is_still_read(name: str) -> None:
    event = EVENTS[name]
    assert type(event).model_validate_json(golden(name)) == event


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_written_is_what_was_agreed(name: str) -> None:
    newer = EVENTS[name].model_copy(update=ADDED.get(name, {}))
    assert orjson.loads(written(newer)) == {**orjson.loads(golden(name)), **ADDED.get(name, {})}


def test_what_an_attachment_is_called_travels_where_it_is_known() -> None:
    entity = EntityFetched(**ENTITY, content=BLOB.model_copy(update={"media_id": "0000"}))
    assert orjson.loads(entity.to_bytes())["content"]["media_id"] == "0000"
    assert EntityFetched.model_validate_json(entity.to_bytes()) == entity


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_written_comes_back(name: str) -> None:
    event = EVENTS[name]
    assert type(event).model_validate_json(written(event)) == event


@pytest.mark.parametrize("name", EVENTS)
def test_a_reader_ignores_what_a_newer_producer_adds(name: str) -> None:
    newer = orjson.dumps({**orjson.loads(golden(name)), "added_later": {"x": 1}})
    assert type(EVENTS[name]).model_validate_json(newer) == EVENTS[name]


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("member", ["type", "schema_version", "import_id"])
def test_another_type_or_version_is_refused(name: str, member: str) -> None:
    changed = orjson.dumps({**orjson.loads(golden(name)), member: None})
    with pytest.raises(ValidationError, match=member):
        type(EVENTS[name]).model_validate_json(changed)


def test_every_model_on_a_channel_has_a_golden_file_and_every_file_a_model() -> None:
    assert {model for channel in CHANNELS for model in channel.models} == {type(e) for e in EVENTS.values()}
    assert {file.name for file in GOLDEN.glob("*.v1.json")} == {f"{name}.v1.json" for name in EVENTS}


@pytest.mark.parametrize("name", [name for name in EVENTS if name.startswith(("entity", "project_f"))])
def test_the_entities_topic_tells_its_models_apart(name: str) -> None:
    assert entity_message(golden(name)) == EVENTS[name]


@pytest.mark.parametrize("name", ["batch_loaded", "project_loaded", "import_state_changed"])
def test_the_progress_topic_tells_its_models_apart(name: str) -> None:
    assert PROGRESS_EVENT.validate_json(golden(name)) == EVENTS[name]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(payload=st.dictionaries(st.text(st.characters(codec="utf-8")), JSON, max_size=4))
def test_any_payload_of_jira_travels_unchanged(payload: dict[str, Any]) -> None:
    entity = EntityFetched(**ENTITY, payload=payload, content=BLOB)
    assert EntityFetched.model_validate_json(entity.to_bytes()) == entity
