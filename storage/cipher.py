"""Encryption of what a worker tells us: AES-256-GCM with a rotating list of keys.

The first key encrypts, every key decrypts. A blind index lets a cadre find a phone number
without the database ever holding it in the clear.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 4


class CipherError(Exception):
    """The stored value was written with a key that is not configured, or was damaged."""


@dataclass(frozen=True)
class Cipher:
    """Encrypts and decrypts bytes; `keys` are raw 32-byte keys, newest first."""

    keys: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not self.keys or any(len(key) != KEY_BYTES for key in self.keys):
            raise ValueError("encryption keys must be 32 bytes each, base64-encoded")
        object.__setattr__(self, "_by_id", {_key_id(key): AESGCM(key) for key in self.keys})

    def encrypt(self, plain: bytes) -> bytes:
        """Return key id + nonce + ciphertext."""
        key_id = _key_id(self.keys[0])
        nonce = os.urandom(NONCE_BYTES)
        return key_id + nonce + self._engines()[key_id].encrypt(nonce, plain, None)

    def decrypt(self, sealed: bytes) -> bytes:
        """Return the plain bytes; raises CipherError for an unknown key or damaged data."""
        key_id, rest = sealed[:KEY_ID_BYTES], sealed[KEY_ID_BYTES:]
        engine = self._engines().get(key_id)
        if engine is None:
            raise CipherError("stored value needs an encryption key that is not configured")
        try:
            return engine.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], None)
        except InvalidTag as error:
            raise CipherError("stored value is damaged") from error

    def blind_index(self, value: str) -> str:
        """Return a keyed hash that finds equal values without showing them (hex, 32 characters).

        The oldest key is used, so that adding a key in front does not lose what was indexed.
        """
        return hmac.new(self.keys[-1], value.encode(), hashlib.sha256).hexdigest()[:32]

    def _engines(self) -> dict[bytes, AESGCM]:
        engines: dict[bytes, AESGCM] = self.__dict__["_by_id"]
        return engines


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"niangjia-key-id" + key).digest()[:KEY_ID_BYTES]


def load_cipher(configured: list[str], key_file: Path) -> Cipher:
    """Return the cipher from configured base64 keys, or from `key_file`, made with mode 600 at first use."""
    encoded = [key for key in configured if key.strip()]
    if not encoded:
        if not key_file.exists():
            key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        encoded = key_file.read_text().split()
    return Cipher(tuple(base64.b64decode(key) for key in encoded))


class _Holder:
    cipher: Cipher | None = None


def use_cipher(cipher: Cipher) -> None:
    """Set the cipher of this process; called once by the composition root (and by test fixtures)."""
    _Holder.cipher = cipher


def current_cipher() -> Cipher:
    """Return the process's cipher; raises CipherError when none was set."""
    if _Holder.cipher is None:
        raise CipherError("no encryption key was loaded")
    return _Holder.cipher
