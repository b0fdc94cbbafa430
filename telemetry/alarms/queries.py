"""Questions about alarms: which are active, which were."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId, InstitutionId
from telemetry.alarms.tables import Alarm
from telemetry.devices.tables import Device


def list_alarms(
    session: Session,
    *,
    institution_id: InstitutionId | None = None,
    device_id: DeviceId | None = None,
    is_active: bool | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[tuple[Alarm, str]]:
    """List alarms with the names of their devices, newest first."""
    found = select(Alarm, Device.name).join(Device, Device.id == Alarm.device_id)
    if institution_id is not None:
        found = found.where(Device.institution_id == institution_id)
    if device_id is not None:
        found = found.where(Alarm.device_id == device_id)
    if is_active is not None:
        found = found.where(
            Alarm.cleared_at.is_(None) if is_active else Alarm.cleared_at.is_not(None)
        )
    if before is not None:
        found = found.where(func.row(Alarm.raised_at, Alarm.id) < func.row(*before))
    rows = session.execute(found.order_by(Alarm.raised_at.desc(), Alarm.id.desc()).limit(limit))
    return [(alarm, name) for alarm, name in rows]


def find_alarm(session: Session, alarm_id: UUID) -> tuple[Alarm, Device] | None:
    row = session.execute(
        select(Alarm, Device).join(Device, Device.id == Alarm.device_id).where(Alarm.id == alarm_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def find_latest(
    session: Session, *, device_id: DeviceId, code: str, subjects: Sequence[str]
) -> Alarm | None:
    """Return the latest alarm of a device about one of these, active or over."""
    return session.scalar(
        select(Alarm)
        .where(Alarm.device_id == device_id, Alarm.code == code, Alarm.subject.in_(list(subjects)))
        .order_by(Alarm.raised_at.desc())
        .limit(1)
    )
