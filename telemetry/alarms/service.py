"""Verbs on alarms: raise one, clear it, see it. One active alarm per device, code and subject."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.identifiers import DeviceId, PersonId, new_id
from telemetry.alarms.errors import AlarmNotFound
from telemetry.alarms.tables import Alarm
from telemetry.devices.tables import Device


def raise_alarm(
    session: Session,
    *,
    device_id: DeviceId,
    code: str,
    severity: str,
    raised_at: datetime,
    now: datetime,
    subject: str = "",
    detail: dict[str, Any] | None = None,
) -> UUID | None:
    """Raise an alarm unless the same is active already; return its id if it is new."""
    alarm_id = session.scalar(
        insert(Alarm)
        .values(
            id=new_id(),
            device_id=device_id,
            code=code,
            subject=subject,
            severity=severity,
            raised_at=raised_at,
            noticed_at=now,
            detail=detail or {},
        )
        .on_conflict_do_nothing(
            index_elements=["device_id", "code", "subject"], index_where=text("cleared_at IS NULL")
        )
        .returning(Alarm.id)
    )
    if alarm_id is not None:
        notify_watchers(session, device_id)
    return alarm_id


def clear_alarm(
    session: Session,
    *,
    device_id: DeviceId,
    code: str,
    cleared_at: datetime,
    subject: str = "",
) -> bool:
    """Clear the active alarm, if there is one; say whether there was."""
    cleared = session.execute(
        update(Alarm)
        .where(
            Alarm.device_id == device_id,
            Alarm.code == code,
            Alarm.subject == subject,
            Alarm.cleared_at.is_(None),
        )
        .values(cleared_at=func.greatest(cleared_at, Alarm.raised_at))
        .returning(Alarm.id)
    ).first()
    if cleared is not None:
        notify_watchers(session, device_id)
    return cleared is not None


def acknowledge_alarm(session: Session, alarm_id: UUID, *, by: PersonId, now: datetime) -> Alarm:
    """Note who has seen it. The first to do so stays."""
    alarm = session.scalar(select(Alarm).where(Alarm.id == alarm_id).with_for_update())
    if alarm is None:
        raise AlarmNotFound
    if alarm.acknowledged_at is None:
        alarm.acknowledged_at = now
        alarm.acknowledged_by = by
        session.flush()
        notify_watchers(session, alarm.device_id)
    return alarm


def notify_watchers(session: Session, device_id: DeviceId) -> None:
    """Let the live streams show the device anew once this commits."""
    session.execute(
        select(func.pg_notify("yixiang_devices", Device.name)).where(Device.id == device_id)
    )
