"""The lock of the broker's jars: complete, without hosts, and enforced."""

import hashlib
import re
from pathlib import Path

import pytest

from deploy.embedded import jars
from deploy.embedded.jars import (
    KAFKA,
    LOCK_FILE,
    LOG_BINDING,
    JarMismatchError,
    LockedJar,
    fetch_jars,
    read_lock,
)


def locked(content: bytes) -> LockedJar:
    return LockedJar("org.example", "thing", "1.0", hashlib.sha256(content).hexdigest())


def test_the_lock_names_the_broker_and_its_log_binding_at_their_versions() -> None:
    coordinates = {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in read_lock()}
    assert {KAFKA, LOG_BINDING} <= coordinates
    broker = KAFKA.rpartition(":")[2]
    assert {jar.version for jar in read_lock() if jar.group == "org.apache.kafka"} == {broker}


def test_every_jar_has_a_checksum_and_no_line_a_host() -> None:
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in read_lock())
    assert "//" not in LOCK_FILE.read_text(encoding="utf-8")


def test_a_line_survives_reading_and_writing() -> None:
    jar = read_lock()[0]
    assert LockedJar.parse(str(jar)) == jar


def test_a_jar_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "thing-1.0.jar").write_bytes(b"jar")
    assert fetch_jars(tmp_path, [locked(b"jar")]) == [tmp_path / "thing-1.0.jar"]


def test_half_a_jar_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_download", _serving(b"whole jar"))
    (tmp_path / "thing-1.0.jar").write_bytes(b"whole")
    (path,) = fetch_jars(tmp_path, [locked(b"whole jar")])
    assert path.read_bytes() == b"whole jar"
    assert [file.name for file in tmp_path.iterdir()] == ["thing-1.0.jar"]


def test_other_content_than_the_locked_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "_download", _serving(b"tampered"))
    with pytest.raises(JarMismatchError, match=r"thing-1\.0\.jar"):
        fetch_jars(tmp_path, [locked(b"jar")])
    assert list(tmp_path.iterdir()) == []


def _serving(content: bytes) -> object:
    def download(group: str, artifact: str, version: str, cache: Path) -> Path:
        path = cache / f"{group}-{artifact}-{version}"
        path.write_bytes(content)
        return path

    return download
