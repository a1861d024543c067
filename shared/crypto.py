"""Tokens at rest: AES-256-GCM with the key id and the owner's id as associated data."""

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import ConfigError, PermanentError
from shared.settings import SecretsSettings

_NONCE_BYTES = 12  # NIST SP 800-38D: the length for which GCM needs no extra hashing


class Vault:
    """Encrypts and decrypts small secrets; a secret of one owner cannot be read as another's."""

    def __init__(self, key: bytes, key_id: str) -> None:
        self._aead = AESGCM(key)
        self._key_id = key_id

    def encrypt(self, secret: str, *, owner: str) -> dict[str, str]:
        """Return `{"key_id", "data"}` to be stored beside the owner."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, secret.encode(), self._context(self._key_id, owner))
        return {
            "key_id": self._key_id,
            "data": base64.b64encode(nonce + sealed).decode(),
        }

    def decrypt(self, sealed: dict[str, str], *, owner: str) -> str:
        """Return the secret; PermanentError when the key changed or the record was tampered with."""
        key_id = sealed.get("key_id", "")
        try:
            raw = base64.b64decode(sealed.get("data", ""), validate=True)
            plain = self._aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._context(key_id, owner))
        except (InvalidTag, ValueError) as error:  # ValueError: no base64, or too short
            raise PermanentError(
                f"The saved credential of {owner} cannot be decrypted: the key {key_id!r} it was"
                " sealed with is not the one configured now. Connect to Jira again."
            ) from error
        return plain.decode()

    @staticmethod
    def _context(key_id: str, owner: str) -> bytes:
        return f"{key_id}|{owner}".encode()


def open_vault(settings: SecretsSettings) -> Vault:
    """Read the key from its variable or file; ConfigError says what is missing."""
    if settings.key is not None:
        encoded = settings.key.get_secret_value()
    elif settings.key_file is not None:
        try:
            encoded = Path(settings.key_file).read_text()
        except OSError as error:
            raise ConfigError(f"SECRETS__KEY_FILE {settings.key_file!r} cannot be read: {error}") from error
    else:
        raise ConfigError(
            "Neither SECRETS__KEY nor SECRETS__KEY_FILE is set. Make one: openssl rand -base64 32"
        )
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except ValueError as error:
        raise ConfigError("The encryption key is not base64.") from error
    if len(key) != 32:
        raise ConfigError(f"The encryption key has {len(key)} bytes; AES-256 needs 32.")
    return Vault(key, settings.key_id)
