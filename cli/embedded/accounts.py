"""Who may connect to the broker and which topics each may use, written as brokers read it."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

DEVICE_SAYS = ("birth", "state", "m", "evt", "alarm", "res")
DEVICE_HEARS = ("cmd", "ack")
# The least mosquitto's own tool uses; these passwords are random, so more would add nothing.
ROUNDS = 101


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """One user of the broker."""

    name: str
    password: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    any_client_id: bool = False
    """Only for the platform: several of its processes connect with one account."""
    password_hash: str = ""
    """Where the password itself is known only to whoever connects."""

    @property
    def stored(self) -> str:
        """What a broker keeps of the password."""
        return self.password_hash or hash_password(self.password)


def new_password() -> str:
    return secrets.token_urlsafe(18)


def platform_account(name: str, password: str) -> BrokerAccount:
    """Reads all that devices say, and speaks to every device."""
    return BrokerAccount(
        name,
        password,
        publish=tuple(f"lab/1/+/{word}" for word in DEVICE_HEARS),
        subscribe=("lab/1/#", "$SYS/#"),
        any_client_id=True,
    )


def field_account(
    name: str, password: str, devices: Sequence[str], *, password_hash: str = ""
) -> BrokerAccount:
    """Speak for these devices and for itself, and hear what is said to them; nothing else."""
    subjects = tuple(dict.fromkeys((name, *devices)))
    return BrokerAccount(
        name,
        password,
        publish=tuple(f"lab/1/{subject}/{word}" for subject in subjects for word in DEVICE_SAYS),
        subscribe=tuple(f"lab/1/{subject}/{word}" for subject in subjects for word in DEVICE_HEARS),
        password_hash=password_hash,
    )


def hash_password(password: str) -> str:
    """Hash as mosquitto 2 does."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def passwords_text(accounts: Iterable[BrokerAccount]) -> str:
    return "".join(f"{account.name}:{account.stored}\n" for account in accounts)


def access_text(accounts: Iterable[BrokerAccount]) -> str:
    """Write mosquitto's access list."""
    return "\n".join(
        "\n".join(
            [
                f"user {account.name}",
                *(f"topic write {topic}" for topic in account.publish),
                *(f"topic read {topic}" for topic in account.subscribe),
                "",
            ]
        )
        for account in accounts
    )


def aedes_text(accounts: Iterable[BrokerAccount]) -> str:
    return json.dumps(
        {
            "accounts": [
                {
                    "name": account.name,
                    "password": account.stored,
                    "publish": account.publish,
                    "subscribe": account.subscribe,
                    "any_client_id": account.any_client_id,
                }
                for account in accounts
            ]
        },
        indent=1,
    )


def write_atomically(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a file in one step: a broker that reads just now sees the old one or the new."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    # Only now: a file for readers alone could not be written by an ordinary user.
    fresh.chmod(mode)
    fresh.replace(path)
