"""Passwords as brokers store them, and which topics a name may use. Pure."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

SAYS = ("birth", "state", "m", "evt", "alarm", "res")
HEARS = ("cmd", "ack")
# The least mosquitto's own tool uses; these passwords are random, so more would add nothing.
ROUNDS = 101
SALT_BYTES = 12
PASSWORD_BYTES = 24


@dataclass(frozen=True, slots=True)
class Account:
    """One user of the broker, and the devices it speaks for."""

    username: str
    password_hash: str
    devices: tuple[str, ...]


def new_password() -> str:
    return secrets.token_urlsafe(PASSWORD_BYTES)


def hash_password(password: str) -> str:
    """Hash as mosquitto 2 does: `$7$rounds$salt$hash`."""
    salt = secrets.token_bytes(SALT_BYTES)
    return f"$7${ROUNDS}${_base64(salt)}${_base64(_derive(password, salt, ROUNDS))}"


def is_password(password: str, stored: str) -> bool:
    _, _, rounds, salt, digest = stored.split("$")
    derived = _derive(password, base64.b64decode(salt), int(rounds))
    return hmac.compare_digest(derived, base64.b64decode(digest))


def publishes(devices: Iterable[str]) -> list[str]:
    return [f"lab/1/{device}/{word}" for device in devices for word in SAYS]


def subscribes(devices: Iterable[str]) -> list[str]:
    return [f"lab/1/{device}/{word}" for device in devices for word in HEARS]


def may_use(account: Account, *, client_id: str, action: str, topic: str) -> bool:
    """Whether an account may publish to, or subscribe to, just this topic.

    The client id is the user name: with another's id it could throw the other off.
    A subscription with a wildcard is none of these topics, so it is refused.
    """
    if client_id != account.username:
        return False
    topics = {"publish": publishes, "subscribe": subscribes}.get(action)
    return topics is not None and topic in topics(account.devices)


def _derive(password: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
