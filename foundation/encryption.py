"""What is secret at rest: sealed by a named key, bound to its table, column and row.

A sealed value is `version ‖ cipher ‖ key id (4) ‖ nonce (12) ‖ ciphertext and tag`. Keys are
derived from the deployment's secrets; several may be known at once, so that values are
re-sealed under a new one while the old one still opens.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from foundation.settings import Settings

VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16
KEY_ID_BYTES = 4
HEADER_BYTES = 2 + KEY_ID_BYTES
INDEX_BYTES = 16
SECRET_LENGTH_MIN = 32
DISTINCT_CHARACTERS_MIN = 10


class CannotOpen(Exception):
    """A sealed value was changed, moved to another row, or sealed by a key that is gone."""


class WeakSecret(Exception):
    """A secret is too short or too plain to derive keys from."""


class Suite(StrEnum):
    """The ciphers a deployment may choose; a value says itself which one sealed it."""

    AES_256_GCM = "aes-256-gcm"
    SM4_GCM = "sm4-gcm"
    """For deployments under GB/T 39786, which expects the SM algorithms."""


SUITE_BYTE = {Suite.AES_256_GCM: 1, Suite.SM4_GCM: 2}
SUITE_OF = {byte: suite for suite, byte in SUITE_BYTE.items()}
KEY_BYTES = {Suite.AES_256_GCM: 32, Suite.SM4_GCM: 16}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives; it opens nowhere else."""

    table: str
    column: str
    row: str

    def bound(self) -> bytes:
        return f"{self.table}\0{self.column}\0{self.row}".encode()


def derive(secret: bytes, purpose: str, length: int = 32) -> bytes:
    return HKDF(SHA256(), length, salt=b"yixiang", info=purpose.encode()).derive(secret)


def encrypt(suite: Suite, key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
    if suite is Suite.AES_256_GCM:
        return AESGCM(key).encrypt(nonce, plain, bound)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def decrypt(suite: Suite, key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    try:
        if suite is Suite.AES_256_GCM:
            return AESGCM(key).decrypt(nonce, sealed, bound)
        body, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(bound)
        return decryptor.update(body) + decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("the value was changed, or belongs to another place") from error


@dataclass(frozen=True, slots=True)
class Key:
    """One secret's keys: a cipher key for each suite, one for blind indexes, and a name."""

    id: bytes
    secrets: Mapping[Suite, bytes]
    index_key: bytes

    @classmethod
    def of(cls, secret: bytes) -> "Key":
        return cls(
            id=derive(secret, "key id", KEY_ID_BYTES),
            secrets={suite: derive(secret, suite, KEY_BYTES[suite]) for suite in Suite},
            index_key=derive(secret, "blind index"),
        )


class KeyRing:
    """The current key, which seals, and former ones, which only open."""

    def __init__(self, keys: Sequence[Key], suite: Suite = Suite.AES_256_GCM) -> None:
        if not keys:
            raise ValueError("a key ring has at least its current key")
        self.current = keys[0]
        self.suite = suite
        self._keys = {key.id: key for key in keys}

    @classmethod
    def of(cls, *texts: str, suite: Suite = Suite.AES_256_GCM) -> "KeyRing":
        """Make a ring from the deployment's secrets, the current one first.

        Raises:
            WeakSecret: for a secret that could be guessed.
        """
        for text in texts:
            if len(text) < SECRET_LENGTH_MIN or len(set(text)) < DISTINCT_CHARACTERS_MIN:
                raise WeakSecret("a secret key needs 32 random characters or more")
        return cls([Key.of(text.encode()) for text in texts], suite)

    def seal(self, plain: bytes, place: Place) -> bytes:
        """Seal under the current key, so that it opens in this place only."""
        header = bytes((VERSION, SUITE_BYTE[self.suite])) + self.current.id
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = self.current.secrets[self.suite]
        return header + nonce + encrypt(self.suite, key, nonce, plain, header + place.bound())

    def open(self, sealed: bytes, place: Place) -> bytes:
        """Open what was sealed for this place under any known key.

        Raises:
            CannotOpen: when it was changed or moved, or its key is not known here.
        """
        header, rest = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
        key = self._keys.get(header[2:])
        suite = SUITE_OF.get(header[1]) if len(header) == HEADER_BYTES else None
        if key is None or suite is None or header[0] != VERSION or len(rest) < NONCE_BYTES:
            raise CannotOpen("no known key sealed this value")
        nonce, body = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        return decrypt(suite, key.secrets[suite], nonce, body, header + place.bound())

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value needs no re-sealing: current key, current suite."""
        return sealed[1:HEADER_BYTES] == bytes((SUITE_BYTE[self.suite],)) + self.current.id

    def index_keys(self, purpose: str) -> list[bytes]:
        """Return keys for marks of one purpose: the current secret's, which marks, comes first."""
        return [derive(key.index_key, purpose) for key in self._keys.values()]

    def blind_index(self, value: str, purpose: str) -> bytes:
        """Return what to store beside a sealed value, so that it can be found by equality."""
        return _index(self.current, value, purpose)

    def blind_indexes(self, value: str, purpose: str) -> list[bytes]:
        """Return what to look for: one for each known key, as rotation may be half-way."""
        return [_index(key, value, purpose) for key in self._keys.values()]


def _index(key: Key, value: str, purpose: str) -> bytes:
    text = f"{purpose}\0{value}".encode()
    return hmac.new(key.index_key, text, hashlib.sha256).digest()[:INDEX_BYTES]


def read_or_make_secret(path: Path) -> str:
    """Return the secret kept in a file, made on first use; only its owner may read it.

    For installations on one machine that were given no secret. Two processes that start at
    once end up with the same one: the second cannot create the file, and reads it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        # A link appears whole or not at all, and never replaces what is there.
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()


def open_key_ring(settings: Settings) -> KeyRing:
    """Make the ring the settings name: the current secret, then the former ones.

    Raises:
        WeakSecret: for a secret that could be guessed.
    """
    current = settings.secret_key.get_secret_value()
    if not current:
        current = read_or_make_secret(settings.data / "secret.key")
    former = settings.former_secret_keys.get_secret_value().split(",")
    return KeyRing.of(
        current, *(text.strip() for text in former if text.strip()), suite=Suite(settings.cipher)
    )
