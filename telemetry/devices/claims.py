"""Verbs on admitting devices: register one, hand out a claim code, turn it into credentials.

Whoever installs a device types the code in at the device; the device asks for its password
with it, once. Nobody copies passwords about, and a code that was seen is worth nothing after.
"""

import base64
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.encryption import KeyRing
from foundation.identifiers import InstitutionId, PersonId, new_id
from telemetry.credentials.service import issue_for
from telemetry.devices.errors import ClaimNotFound, DeviceNameTaken, DeviceNotFound
from telemetry.devices.tables import Device, DeviceClaim

CLAIM_LASTS: Final = timedelta(hours=24)
CODE_BYTES: Final = 10
NAMES_LOCK: Final = 7_201_958
"""The number of the lock under which names on the wire are given."""


@dataclass(frozen=True, slots=True)
class ClaimCode:
    """What is typed in at the device: four groups of four letters and digits."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signs in at the broker: the device, or the gateway it is behind. Told once."""

    name: str
    password: str


def register_device(
    session: Session,
    institution_id: InstitutionId,
    *,
    name: str,
    model: str,
    protocol: str,
    gateway: str | None,
    reserved: Collection[str],
    now: datetime,
) -> Device:
    """Make a device known; its messages are then no stranger's.

    `reserved`: what the platform itself is called at the broker.

    Raises:
        DeviceNameTaken: names on the wire are one for the whole platform, and whoever has
            one has its credential, so nobody joins another institution's gateway either.
    """
    # One registration after the other, or two could each become the other's gateway.
    session.execute(select(func.pg_advisory_xact_lock(NAMES_LOCK)))
    if {name, gateway} & set(reserved) or _is_anothers(session, institution_id, name, gateway):
        raise DeviceNameTaken
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


def _is_anothers(
    session: Session, institution_id: InstitutionId, name: str, gateway: str | None
) -> bool:
    """Whether the device, or the gateway it is to be behind, would speak for somebody else."""
    theirs = [Device.gateway == name]
    if gateway is not None:
        is_foreign = Device.institution_id != institution_id
        theirs += [Device.name == gateway, (Device.gateway == gateway) & is_foreign]
    return session.scalar(select(Device.id).where(or_(*theirs)).limit(1)) is not None


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


def redeem_claim(
    session: Session, code: str, *, now: datetime, ring: KeyRing | None = None
) -> Credentials:
    """Turn a code into credentials. Whatever is wrong with it, the answer is the same.

    A device that is claimed again gets a new password in the place of the old one.
    """
    claim = session.execute(
        update(DeviceClaim)
        .where(
            DeviceClaim.code_hash == hash_code(code),
            DeviceClaim.used_at.is_(None),
            DeviceClaim.expires_at > now,
        )
        .values(used_at=now)
        .returning(DeviceClaim.device_id, DeviceClaim.created_by)
    ).first()
    if claim is None:
        raise ClaimNotFound
    device_id, offered_by = claim
    device = session.get_one(Device, device_id)
    return Credentials(*issue_for(session, device, by=offered_by, now=now, ring=ring))


def hash_code(code: str) -> bytes:
    """Hash a code however it was typed."""
    return hashlib.sha256("".join(code.split()).replace("-", "").upper().encode()).digest()
