"""Tokens at rest: whatever differs from what was sealed, nothing is read."""

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.crypto import Vault, open_vault
from shared.errors import ConfigError, PermanentError
from shared.settings import SecretsSettings

KEY = bytes(range(32))
VAULT = Vault(KEY, "k1")
SEALED = VAULT.encrypt("a token", owner="connection-1")


@given(secret=st.text(), owner=st.text(min_size=1))
def test_what_was_sealed_comes_back(secret: str, owner: str) -> None:
    assert VAULT.decrypt(VAULT.encrypt(secret, owner=owner), owner=owner) == secret


def test_the_same_secret_is_never_sealed_the_same_way_and_never_shows() -> None:
    again = VAULT.encrypt("a token", owner="connection-1")
    assert again["data"] != SEALED["data"]
    assert b"token" not in base64.b64decode(SEALED["data"])
    assert again["key_id"] == "k1"


@pytest.mark.parametrize(
    ("vault", "sealed", "owner"),
    [
        (VAULT, SEALED, "connection-2"),
        (Vault(bytes(32), "k1"), SEALED, "connection-1"),
        (VAULT, {**SEALED, "key_id": "k2"}, "connection-1"),
        (VAULT, {"key_id": "k1", "data": "!!! no base64"}, "connection-1"),
        (VAULT, {"key_id": "k1", "data": ""}, "connection-1"),
        (VAULT, {"key_id": "k1", "data": base64.b64encode(b"short").decode()}, "connection-1"),
        (VAULT, {}, "connection-1"),
    ],
)
def test_another_owner_key_or_record_reads_nothing(vault: Vault, sealed: dict[str, str], owner: str) -> None:
    with pytest.raises(PermanentError, match=f"credential of {owner} cannot be decrypted"):
        vault.decrypt(sealed, owner=owner)


@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_no_byte_can_be_changed(position: int, flip: int) -> None:
    raw = bytearray(base64.b64decode(SEALED["data"]))
    raw[position % len(raw)] ^= flip
    with pytest.raises(PermanentError):
        VAULT.decrypt({**SEALED, "data": base64.b64encode(raw).decode()}, owner="connection-1")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("not base64!", "not base64"),
        ("Schlüssel", "not base64"),
        (base64.b64encode(b"too short").decode(), "9 bytes; AES-256 needs 32"),
    ],
)
def test_an_unusable_key_is_refused_and_not_shown(key: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        open_vault(SecretsSettings(key=SecretStr(key)))
    assert key not in str(caught.value)


def test_the_key_comes_from_a_variable_or_from_a_file(tmp_path: Path) -> None:
    encoded = base64.b64encode(os.urandom(32)).decode()
    file = tmp_path / "key"
    file.write_text(encoded + "\n")
    sealed = open_vault(SecretsSettings(key=SecretStr(f" {encoded}\n"))).encrypt("x", owner="o")
    assert open_vault(SecretsSettings(key_file=str(file))).decrypt(sealed, owner="o") == "x"


def test_without_a_key_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Neither SECRETS__KEY nor"):
        open_vault(SecretsSettings())
    with pytest.raises(ConfigError, match="cannot be read"):
        open_vault(SecretsSettings(key_file=str(tmp_path / "absent")))
