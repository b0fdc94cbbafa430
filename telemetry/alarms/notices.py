"""Notices of alarms: rows written with the alarm, carried out afterwards by a job."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.encryption import Place
from foundation.identifiers import new_id
from telemetry.alarms.rules import is_at_least
from telemetry.alarms.tables import Alarm, AlarmNotice, AlarmRecipient
from telemetry.devices.tables import Device


def secret_place(recipient_id: UUID) -> Place:
    """Say where a hook's secret is sealed to."""
    return Place("alarm_recipients", "secret", str(recipient_id))


RETRIES: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200, 86_400)
)
"""After each failure; then it is given up, with its error on record."""


@dataclass(frozen=True, slots=True)
class Due:
    """One notice that is to be sent now, with all it takes."""

    notice_id: UUID
    recipient_id: UUID
    kind: str
    address: str
    secret: bytes | None
    event: str
    body: dict[str, Any]
    created_at: datetime


def note_alarm(session: Session, alarm_id: UUID, event: str, *, now: datetime) -> int:
    """Write a notice for everyone who wants to know; once for each event of an alarm."""
    alarm, device = session.execute(
        select(Alarm, Device).join(Device, Device.id == Alarm.device_id).where(Alarm.id == alarm_id)
    ).one()
    session.refresh(alarm)
    recipients = session.scalars(
        select(AlarmRecipient).where(
            AlarmRecipient.institution_id == device.institution_id, AlarmRecipient.is_enabled
        )
    ).all()
    wanted = [one for one in recipients if is_at_least(alarm.severity, one.severity_min)]
    body = {
        "type": f"alarm.{event}",
        "timestamp": now.isoformat(),
        "data": {
            "id": str(alarm.id),
            "device": device.name,
            "code": alarm.code,
            "severity": alarm.severity,
            "raised_at": alarm.raised_at.isoformat(),
            "cleared_at": alarm.cleared_at.isoformat() if alarm.cleared_at else None,
            "detail": alarm.detail,
        },
    }
    for recipient in wanted:
        session.execute(
            insert(AlarmNotice)
            .values(
                id=new_id(),
                alarm_id=alarm.id,
                recipient_id=recipient.id,
                event=event,
                body=body,
                created_at=now,
                due_at=now,
                attempts=0,
            )
            .on_conflict_do_nothing()
        )
    return len(wanted)


def list_due(session: Session, *, now: datetime, limit: int = 100) -> list[UUID]:
    """List the notices that are to be sent now, the oldest first."""
    return list(
        session.scalars(
            select(AlarmNotice.id)
            .where(
                AlarmNotice.sent_at.is_(None),
                AlarmNotice.given_up_at.is_(None),
                AlarmNotice.due_at <= now,
            )
            .order_by(AlarmNotice.due_at)
            .limit(limit)
        )
    )


def take(session: Session, notice_id: UUID, *, now: datetime, lease: timedelta) -> Due | None:
    """Take one notice for as long as sending may last; None where another has it."""
    notice = session.scalar(
        select(AlarmNotice)
        .where(
            AlarmNotice.id == notice_id,
            AlarmNotice.sent_at.is_(None),
            AlarmNotice.given_up_at.is_(None),
            AlarmNotice.due_at <= now,
        )
        .with_for_update(skip_locked=True)
    )
    if notice is None:
        return None
    recipient = session.get_one(AlarmRecipient, notice.recipient_id)
    notice.due_at = now + lease
    return Due(
        notice.id,
        recipient.id,
        recipient.kind,
        recipient.address,
        recipient.secret,
        notice.event,
        notice.body,
        notice.created_at,
    )


def settle(session: Session, notice_id: UUID, error: str | None, *, now: datetime) -> None:
    """Note that it was sent, or when to try again, or that it is given up."""
    notice = session.get_one(AlarmNotice, notice_id, with_for_update=True)
    notice.attempts += 1
    notice.error = error
    if error is None:
        notice.sent_at = now
    elif notice.attempts > len(RETRIES):
        notice.given_up_at = now
    else:
        notice.due_at = now + RETRIES[notice.attempts - 1]
