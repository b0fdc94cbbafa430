"""Questions about devices: how each is now, and when it was there."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId, InstitutionId
from telemetry.devices.rules import Change, Presence, presence
from telemetry.devices.tables import Device, DeviceState, GatewayState, PresenceChange


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


def list_names(session: Session, institution_id: InstitutionId) -> list[str]:
    """List the wire names of an institution's devices and of their gateways."""
    rows = session.execute(
        select(Device.name, Device.gateway).where(Device.institution_id == institution_id)
    )
    return sorted({name for row in rows for name in row if name})
