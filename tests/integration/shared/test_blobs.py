"""Blobs: what is seen is whole, storing again is free, and damage is noticed."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest

from shared.blobs import Blobs, SmallBlob
from shared.contracts.events import BlobRef
from shared.errors import PermanentError, TransientError
from shared.mongo import Store

LARGE = bytes(range(256)) * 20_000  # 5 MB: several groups of chunks


@pytest.fixture
def blobs(store: Store) -> Blobs:
    return Blobs(store)


async def pieces(data: bytes, *, size: int = 100_000, cut: int | None = None) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(data), size):
        if cut is not None and start >= cut:
            raise ConnectionError("cut")
        yield data[start : start + size]


def reference(blob_id: str, data: bytes) -> BlobRef:
    return BlobRef(blob_id=blob_id, size=len(data), sha256=hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("data", [b"", b"x", LARGE])
async def test_what_was_stored_comes_back(blobs: Blobs, data: bytes) -> None:
    stored = await blobs.stream("one", pieces(data), filename="f")
    assert stored == reference("one", data)
    assert await blobs.read(stored) == data
    assert await blobs.known(["one", "two"]) == {"one": stored}


async def test_small_ones_are_stored_together_and_again_for_nothing(blobs: Blobs, store: Store) -> None:
    contents = {"a": b"first", "b": b"", "c": b"z" * 200_000}
    small = [SmallBlob(name, data, f"{name}.txt") for name, data in contents.items()]
    for given in (small[:2], small, small):
        await blobs.put_small(given)
    for name, data in contents.items():
        assert await blobs.read(reference(name, data)) == data
    assert await store.windshift["attachments.files"].count_documents({}) == 3
    assert await store.windshift["attachments.chunks"].count_documents({}) == 2


async def test_what_texts_call_an_attachment_is_known_with_its_bytes(blobs: Blobs) -> None:
    stored = await blobs.put_small([SmallBlob("small", b"x", "f", "m-1"), SmallBlob("plain", b"y", "f")])
    upload = await blobs.resume("large", version="1")
    await upload.append(pieces(LARGE))
    stored["large"] = await upload.close("f", media_id="m-2")
    assert {name: one.media_id for name, one in stored.items()} == {
        "small": "m-1",
        "plain": None,
        "large": "m-2",
    }
    assert await blobs.known(list(stored)) == stored


async def test_half_a_stream_is_never_seen_and_does_not_stay(blobs: Blobs, store: Store) -> None:
    with pytest.raises(ConnectionError):
        await blobs.stream("one", pieces(LARGE, cut=4_000_000), filename="f")
    assert await blobs.known(["one"]) == {}
    assert await store.windshift["attachments.chunks"].count_documents({}) == 0
    assert await blobs.read(await blobs.stream("one", pieces(LARGE), filename="f")) == LARGE


async def test_a_stream_replaces_what_a_crash_left(blobs: Blobs, store: Store) -> None:
    await store.windshift["attachments.chunks"].insert_one({"files_id": "one", "n": 0, "data": b"of a crash"})
    assert await blobs.read(await blobs.stream("one", pieces(LARGE), filename="f")) == LARGE


async def test_two_workers_with_one_blob_leave_it_whole(blobs: Blobs) -> None:
    async def store_once() -> BlobRef | TransientError:
        try:
            return await blobs.stream("one", pieces(LARGE, size=50_000), filename="f")
        except TransientError as error:  # the task is read again
            return error

    told = await asyncio.gather(*(store_once() for _ in range(4)))
    if "one" in await blobs.known(["one"]):
        assert await blobs.read(reference("one", LARGE)) == LARGE
    else:
        assert all(isinstance(one, TransientError) for one in told)


async def test_a_worker_that_begins_anew_meanwhile_leaves_no_file_with_holes(blobs: Blobs) -> None:
    halfway, goes_on = asyncio.Event(), asyncio.Event()  # at halfway, a group of chunks is stored

    async def slowly() -> AsyncGenerator[bytes, None]:
        yield LARGE[:3_000_000]
        halfway.set()
        await goes_on.wait()
        yield LARGE[3_000_000:]

    first = asyncio.create_task(blobs.stream("one", slowly(), filename="f"))
    await halfway.wait()
    with pytest.raises(ConnectionError):
        await blobs.stream("one", pieces(LARGE, cut=2_500_000), filename="f")
    goes_on.set()
    with pytest.raises(TransientError, match="by another worker"):
        await first
    assert await blobs.known(["one"]) == {}
    assert await blobs.read(await blobs.stream("one", pieces(LARGE), filename="f")) == LARGE


async def test_a_large_one_is_stored_over_several_tries(blobs: Blobs, store: Store) -> None:
    tries = 0
    while True:  # each try is a worker that was killed, or lost Jira, or had done enough for one task
        upload = await blobs.resume("one", version="1")
        if upload.size == len(LARGE):
            break
        rest = LARGE[upload.size :]
        tries += 1
        if tries % 2:
            with suppress(ConnectionError):
                await upload.append(pieces(rest, cut=2_500_000))
        else:
            await upload.append(pieces(rest), at_most=1)
        assert await blobs.known(["one"]) == {}
    assert tries > 2
    assert await upload.close("f") == reference("one", LARGE)
    assert await blobs.read(reference("one", LARGE)) == LARGE


async def test_workers_in_turns_read_only_what_the_other_one_stored(blobs: Blobs, store: Store) -> None:
    workers, taken = [blobs, Blobs(store)], []
    for turn in range(6):
        upload = await workers[turn % 2].resume("one", version="1")
        taken.append(upload.size)
        if upload.size < len(LARGE):
            await upload.append(pieces(LARGE[upload.size :]), at_most=1)
    assert taken == sorted(taken)
    assert taken[0] == 0
    # Damage in what both have seen is not looked at again: its hash is known.
    await store.windshift["attachments.chunks"].update_one({"n": 0}, {"$set": {"data": b"damaged"}})
    upload = await blobs.resume("one", version="1")
    await upload.append(pieces(LARGE[upload.size :]))
    assert await upload.close("f") == reference("one", LARGE)


async def test_what_is_left_of_another_version_or_behind_a_hole_is_not_taken_up(
    blobs: Blobs, store: Store
) -> None:
    await (await blobs.resume("one", version="1")).append(pieces(LARGE))
    assert (await blobs.resume("one", version="2")).size == 0
    assert await store.windshift["attachments.chunks"].count_documents({}) == 0
    await (await blobs.resume("one", version="2")).append(pieces(LARGE))
    await store.windshift["attachments.chunks"].delete_one({"n": 3})
    remembered = await blobs.resume("one", version="2")
    with pytest.raises(TransientError, match="by another worker"):
        await remembered.close("f")
    upload = await blobs.resume("one", version="2")
    assert upload.size == 3 * 255 * 1024
    await upload.append(pieces(LARGE[upload.size :]))
    assert await upload.close("f") == reference("one", LARGE)


async def test_what_is_gone_or_damaged_is_said(blobs: Blobs, store: Store) -> None:
    stored = await blobs.put("one", b"content", filename="f")
    await store.windshift["attachments.chunks"].update_one({}, {"$set": {"data": b"CONTENT"}})
    with pytest.raises(PermanentError, match="is damaged"):
        await blobs.read(stored)
    await blobs.delete("one")
    await blobs.delete("one")
    with pytest.raises(PermanentError, match="is not in the store any more"):
        await blobs.read(stored)
