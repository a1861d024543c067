"""Blobs that nobody names are removed, and no other."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from shared.blobs import Blobs, SmallBlob
from shared.contracts.events import BlobRef
from shared.kinds import Deployment, State
from shared.mongo import Store
from shared.orphans import payload_blob_id, remove_orphans, source_blob_id
from shared.state import State as StateDb
from shared.state.dead_letters import Choice, DeadLetter
from shared.state.imports import Import, ProjectRun


@pytest.fixture
def site() -> str:
    return uuid4().hex


async def stored(store: Store, *blob_ids: str) -> None:
    await Blobs(store).put_small([SmallBlob(blob_id, b"bytes", "f") for blob_id in blob_ids])


async def left(store: Store) -> set[str]:
    """Blobs of which anything is stored."""
    files = {one["_id"] async for one in store.windshift["attachments.files"].find({}, {"_id": 1})}
    chunks = {
        one["files_id"] async for one in store.windshift["attachments.chunks"].find({}, {"files_id": 1})
    }
    return files | chunks


async def an_import(store: Store, site: str, state: State) -> str:
    id_ = str(uuid4())
    import_ = Import(
        id=id_,
        connection_id="c",
        site=site,
        instance_url="",
        deployment=Deployment.CLOUD,
        project_keys=("A",),
        state=state,
        created_at=datetime.now(UTC),
    )
    run = ProjectRun(import_id=id_, site=site, project_key="A", project_id="1", state=state)
    await StateDb(store).imports.create(import_, [run])
    return id_


async def test_what_a_document_or_an_open_letter_names_stays(store: Store, site: str) -> None:
    item, mapped = f"{site}:issue:1", f"{site}:status:1"
    named = {
        f"{site}:attachment:1",
        source_blob_id(item, "now"),
        source_blob_id(mapped, "now"),
        payload_blob_id(f"{site}:issue:3", "i"),
        f"{site}:attachment:4",
        f"{site}0:attachment:1",  # of another site
    }
    lost = {
        f"{site}:attachment:2",  # its message was lost
        f"{site}:attachment:3",  # its document has no bytes
        source_blob_id(item, "before"),
        payload_blob_id(item, "i"),
        payload_blob_id(f"{site}:issue:5", "i"),  # of a letter that is resolved
    }
    await stored(store, *named, *lost)
    windshift = store.windshift
    await windshift["attachments"].insert_many(
        [
            {"_id": f"{site}:attachment:1", "blob": {"id": f"{site}:attachment:1"}},
            {"_id": f"{site}:attachment:3", "blob": None},
        ]
    )
    await windshift["items"].insert_one({"_id": item, "source_blob": aside(source_blob_id(item, "now"))})
    await windshift["mapped_originals"].insert_one(
        {"_id": mapped, "source_blob": aside(source_blob_id(mapped, "now"))}
    )
    letters = [
        letter("3", payload_blob=BlobRef(**aside(payload_blob_id(f"{site}:issue:3", "i")))),
        letter("4", content=BlobRef(**aside(f"{site}:attachment:4"))),
        letter("5", payload_blob=BlobRef(**aside(payload_blob_id(f"{site}:issue:5", "i")))),
    ]
    state = StateDb(store)
    await state.dead_letters.add(letters)
    await state.dead_letters.choose("i", Choice(names=(letters[2].name,)), "by")
    await state.dead_letters.resolve("by")
    assert await remove_orphans(store, site) == len(lost)
    assert await left(store) == named
    assert await remove_orphans(store, site) == 0


async def test_pieces_of_an_upload_that_never_came_to_its_end(store: Store, site: str) -> None:
    upload = await Blobs(store).resume(f"{site}:attachment:1", version="v")

    async def some() -> Any:
        yield b"x" * 300_000

    await upload.append(some())
    assert await left(store) == {f"{site}:attachment:1"}
    assert await remove_orphans(store, site) == 1
    assert await left(store) == set()


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.PAUSED])
async def test_nothing_is_removed_while_an_import_works_on_the_site(
    store: Store, site: str, state: State
) -> None:
    import_id = await an_import(store, site, state)
    await an_import(store, "elsewhere", State.RUNNING)
    await stored(store, f"{site}:attachment:1")
    assert await remove_orphans(store, site) == 0
    imports = StateDb(store).imports
    await imports.set_state(import_id, State.CANCELLED)
    assert await remove_orphans(store, site) == 1


def aside(blob_id: str) -> dict[str, Any]:
    return {"blob_id": blob_id, "size": 5, "sha256": "x"}


def letter(id_: str, **blobs: Any) -> DeadLetter:
    return DeadLetter(
        import_id="i", project_key="A", kind="issue", id=id_, stage="load", code="c", reason="r", **blobs
    )
