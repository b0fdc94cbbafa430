"""Questions about devices: how each is now, and when it was there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId, InstitutionId
from telemetry.devices.rules import Change, Presence, presence
from telemetry.devices.tables import (
    Birth,
    Device,
    DeviceState,
    GatewayState,
    PresenceChange,
    SequenceGap,
)


def are_online(session: Session, device_ids: Iterable[DeviceId]) -> dict[DeviceId, bool]:
    """Say of each device whether it and its gateway are connected."""
    wanted = set(device_ids)
    rows = session.execute(
        select(
            Device.id,
            func.coalesce(DeviceState.online, False) & func.coalesce(GatewayState.online, True),
        )
        .outerjoin(DeviceState, DeviceState.device_id == Device.id)
        .outerjoin(GatewayState, GatewayState.name == Device.gateway)
        .where(Device.id.in_(wanted))
    )
    found = {device_id: bool(is_online) for device_id, is_online in rows}
    return {device_id: found.get(device_id, False) for device_id in wanted}


def presence_between(
    session: Session, device_id: DeviceId, since: datetime, until: datetime
) -> list[Presence]:
    """Divide a time into spans in which the device was, or was not, connected."""
    device = session.get_one(Device, device_id)
    own = changes_of(session, device.name, since, until)
    gateway = changes_of(session, device.gateway, since, until) if device.gateway else None
    return presence(own, gateway or None, since, until)


def changes_of(session: Session, name: str, since: datetime, until: datetime) -> list[Change]:
    """List the changes of one name within a time, and the last before it."""
    before = session.execute(
        select(PresenceChange.at, PresenceChange.online)
        .where(PresenceChange.name == name, PresenceChange.at <= since)
        .order_by(PresenceChange.at.desc(), PresenceChange.id.desc())
        .limit(1)
    ).all()
    within = session.execute(
        select(PresenceChange.at, PresenceChange.online)
        .where(PresenceChange.name == name, PresenceChange.at > since, PresenceChange.at < until)
        .order_by(PresenceChange.at, PresenceChange.id)
    ).all()
    return [Change(at, is_online) for at, is_online in [*before, *within]]


@dataclass(frozen=True, slots=True)
class BootSeen:
    """One time a device was up: its clock against ours, and which of its messages are missing."""

    boot: str
    firmware: str
    since: datetime
    clock_offset_ms: int | None
    gaps: tuple[SequenceGap, ...]


def list_boots(session: Session, device_id: DeviceId, *, limit: int = 20) -> list[BootSeen]:
    """List a device's boots, the newest first, with every gap there ever was."""
    births = session.scalars(
        select(Birth).where(Birth.device_id == device_id).order_by(Birth.at.desc()).limit(limit)
    ).all()
    gaps: dict[str, list[SequenceGap]] = {birth.boot: [] for birth in births}
    for gap in session.scalars(
        select(SequenceGap)
        .where(SequenceGap.device_id == device_id, SequenceGap.boot.in_(gaps))
        .order_by(SequenceGap.boot, SequenceGap.first_missing)
    ):
        gaps[gap.boot].append(gap)
    return [
        BootSeen(one.boot, one.firmware, one.at, one.clock_offset_ms, tuple(gaps[one.boot]))
        for one in births
    ]


def list_names(session: Session, institution_id: InstitutionId) -> list[str]:
    """List the wire names of an institution's devices and of their gateways."""
    rows = session.execute(
        select(Device.name, Device.gateway).where(Device.institution_id == institution_id)
    )
    return sorted({name for row in rows for name in row if name})
