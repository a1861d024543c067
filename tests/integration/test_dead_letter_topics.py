"""Records that nobody could handle are looked at, and sent again, with a command."""

import sys
from uuid import uuid4

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from deploy.kafka import dead_letters
from shared.contracts.channels import REMAP
from tests.integration.loader.conftest import reading


@pytest.fixture
async def offsets(kafka_bootstrap: str) -> list[int]:
    """The places of two records in the dead letter topic of remaps."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    headers = [("x-error", b"ValueError"), ("x-reason", b"odd"), ("x-origin", f"{REMAP.topic}:3:7".encode())]
    try:
        sent = [
            await producer.send_and_wait(
                REMAP.dead_letter_topic, uuid4().hex.encode(), key=b"import-1", headers=headers
            )
            for _ in range(2)
        ]
    finally:
        await producer.stop()
    return [one.offset for one in sent]


async def test_records_are_shown_without_their_content(kafka_bootstrap: str, offsets: list[int]) -> None:
    found = [
        dead_letters.shown(record) async for record in dead_letters.records(kafka_bootstrap, REMAP.topic)
    ]
    shown = next(one for one in found if one["offset"] == offsets[0])
    assert {name: shown[name] for name in ("key", "bytes", "error", "reason", "origin")} == {
        "key": "import-1", "bytes": 32, "error": "ValueError", "reason": "odd",
        "origin": f"{REMAP.topic}:3:7",
    }  # fmt: skip


async def test_one_record_is_sent_again_as_it_came(kafka_bootstrap: str, offsets: list[int]) -> None:
    async with reading(kafka_bootstrap, REMAP.topic) as consumer:
        assert await dead_letters.replay(kafka_bootstrap, REMAP.topic, offsets[1:]) == offsets[1:]
        record = await consumer.getone()
    lying = {one.offset: one.value async for one in dead_letters.records(kafka_bootstrap, REMAP.topic)}
    assert (record.key, record.value) == (b"import-1", lying[offsets[1]])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["replay", REMAP.topic], "say which records"),
        (["list", "jira.unknown.v1"], "invalid choice"),
    ],
)
def test_the_command_says_what_it_wants(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["dead_letters", *arguments])
    with pytest.raises(SystemExit):
        dead_letters.main()
    assert words in capsys.readouterr().err


def test_the_command_lists_and_tells_what_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kafka_bootstrap: str,
    offsets: list[int],
) -> None:
    where = ["--bootstrap-servers", kafka_bootstrap]
    monkeypatch.setattr(sys, "argv", ["dead_letters", "list", REMAP.topic, *where])
    dead_letters.main()
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert set(offsets) <= {line["offset"] for line in lines}
    nowhere = ["dead_letters", "replay", REMAP.topic, "--offset", "999999", *where]
    monkeypatch.setattr(sys, "argv", nowhere)
    with pytest.raises(SystemExit, match="999999"):
        dead_letters.main()
