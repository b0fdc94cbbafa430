"""Verbs on admitting devices: register one, hand out a claim code, turn it into credentials.

Whoever installs a device types the code in at the device; the device asks for its password
with it, once. Nobody copies passwords about, and a code that was seen is worth nothing after.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId, InstitutionId, PersonId, new_id
from telemetry.devices.errors import ClaimNotFound, DeviceNameTaken, DeviceNotFound
from telemetry.devices.tables import Device, DeviceClaim, DeviceCredential

CLAIM_LASTS: Final = timedelta(hours=24)
CODE_BYTES: Final = 10
PASSWORD_BYTES: Final = 24
HASH_ROUNDS: Final = 101
"""As mosquitto_passwd; the password is random, so more would add nothing."""


@dataclass(frozen=True, slots=True)
class ClaimCode:
    """What is typed in at the device: four groups of four letters and digits."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a device signs in with at the broker; told once."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class BrokerLogin:
    """What the broker is told of one device."""

    name: str
    password_hash: str


def register_device(
    session: Session,
    institution_id: InstitutionId,
    *,
    name: str,
    model: str,
    protocol: str,
    gateway: str | None,
    now: datetime,
) -> Device:
    """Make a device known; its messages are then no stranger's.

    Raises:
        DeviceNameTaken: names on the wire are one for the whole platform.
    """
    device_id = session.scalar(
        insert(Device)
        .values(
            id=new_id(),
            name=name,
            institution_id=institution_id,
            model=model,
            protocol=protocol,
            gateway=gateway,
            registered_at=now,
        )
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(Device.id)
    )
    if device_id is None:
        raise DeviceNameTaken
    return session.get_one(Device, device_id)


def offer_claim(
    session: Session,
    institution_id: InstitutionId,
    name: str,
    *,
    by: PersonId,
    now: datetime,
) -> ClaimCode:
    """Hand out a code for one device; those handed out before are void."""
    device = session.scalar(
        select(Device).where(Device.name == name, Device.institution_id == institution_id)
    )
    if device is None:
        raise DeviceNotFound
    session.execute(
        update(DeviceClaim)
        .where(DeviceClaim.device_id == device.id, DeviceClaim.used_at.is_(None))
        .values(expires_at=now)
    )
    letters = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()
    text = "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
    expires_at = now + CLAIM_LASTS
    session.add(
        DeviceClaim(
            id=new_id(),
            code_hash=hash_code(text),
            device_id=device.id,
            created_by=by,
            created_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    return ClaimCode(text, expires_at)


def redeem_claim(session: Session, code: str, *, now: datetime) -> Credentials:
    """Turn a code into credentials. Whatever is wrong with it, the answer is the same.

    A device that is claimed again gets a new password, and the old one ends.
    """
    device_id = session.scalar(
        update(DeviceClaim)
        .where(
            DeviceClaim.code_hash == hash_code(code),
            DeviceClaim.used_at.is_(None),
            DeviceClaim.expires_at > now,
        )
        .values(used_at=now)
        .returning(DeviceClaim.device_id)
    )
    if device_id is None:
        raise ClaimNotFound
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    values = {"password_hash": hash_password(password), "issued_at": now, "revoked_at": None}
    session.execute(
        insert(DeviceCredential)
        .values(device_id=device_id, **values)
        .on_conflict_do_update(index_elements=["device_id"], set_=values)
    )
    device = session.get_one(Device, device_id)
    return Credentials(device.name, password)


def revoke(session: Session, device_id: DeviceId, *, now: datetime) -> None:
    """End a device's credentials; the broker hears of it with its next accounts."""
    session.execute(
        update(DeviceCredential)
        .where(DeviceCredential.device_id == device_id)
        .values(revoked_at=now)
    )


def list_logins(session: Session) -> Sequence[BrokerLogin]:
    """List what the broker's accounts are written from."""
    rows = session.execute(
        select(Device.name, DeviceCredential.password_hash)
        .join(DeviceCredential, DeviceCredential.device_id == Device.id)
        .where(DeviceCredential.revoked_at.is_(None))
        .order_by(Device.name)
    )
    return [BrokerLogin(name, password_hash) for name, password_hash in rows]


def hash_code(code: str) -> bytes:
    """Hash a code however it was typed."""
    return hashlib.sha256("".join(code.split()).replace("-", "").upper().encode()).digest()


def hash_password(password: str) -> str:
    """Hash as mosquitto 2 does."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASH_ROUNDS)
    parts = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"$7${HASH_ROUNDS}${'$'.join(parts)}"
