"""Running without a reservation is an alarm: nobody knows yet who pays."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.reservations.states import ReservationState
from foundation.database import SessionFactory
from foundation.identifiers import DeviceId
from jobs.reconciling import Outcome, reconcile
from telemetry.alarms.notices import note_alarm
from telemetry.alarms.service import clear_alarm, raise_alarm

CODE = "RUN_WITHOUT_RESERVATION"
GRACE = timedelta(minutes=2)
"""Warming up begins before people look at clocks."""

S = ReservationState
NOBODYS = sorted(
    {S.DRAFT, S.HELD, S.PROPOSED, S.SUBMITTED, S.RETIMED, S.REJECTED, S.EXPIRED, S.CANCELLED}
)
"""Reservations in whose time the instrument was nobody's: not given yet, or never."""

# A run is somebody's if it names the command that unlocked the device for a reservation, or
# if it touches a reservation of its instrument. Judged by the device's own times.
UNRESERVED = text(
    """
    SELECT run.device_id, run.session, run.started_at FROM runs AS run
    JOIN instrument_devices AS link ON link.device_id = run.device_id AND link.is_meter
    WHERE run.state = 'open' AND run.started_at < :before
      AND NOT EXISTS (
        SELECT FROM reservation_leases AS lease WHERE CAST(lease.command_id AS text) = run.lease)
      AND NOT EXISTS (
        SELECT FROM reservations AS held
        WHERE held.instrument_id = link.instrument_id AND held.state <> ALL (:nobodys)
          AND held.blocked && tstzrange(run.started_at, run.last_at, '[]'))
    """
)
OVER = text(
    """
    SELECT alarm.device_id, alarm.subject FROM alarms AS alarm
    LEFT JOIN runs AS run
           ON run.device_id = alarm.device_id AND run.session = alarm.subject
    WHERE alarm.code = :code AND alarm.cleared_at IS NULL
      AND (run.id IS NULL OR run.state <> 'open')
    """
)


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that a run nobody has reserved is an alarm while it lasts."""
    raised = reconcile(
        sessions,
        lambda session: session.execute(
            UNRESERVED, {"before": now - GRACE, "nobodys": NOBODYS}
        ).all(),
        lambda session, row: note_unreserved(session, row[0], row[1], row[2], now=now),
    )
    cleared = reconcile(
        sessions,
        lambda session: session.execute(OVER, {"code": CODE}).all(),
        lambda session, row: clear_alarm(
            session, device_id=DeviceId(row[0]), code=CODE, subject=row[1], cleared_at=now
        ),
    )
    return Outcome(
        found=raised.found + cleared.found,
        changed=raised.changed + cleared.changed,
        already_done=raised.already_done + cleared.already_done,
        failed=raised.failed + cleared.failed,
    )


def note_unreserved(
    session: Session, device_id: UUID, name: str, started_at: datetime, *, now: datetime
) -> bool:
    alarm_id = raise_alarm(
        session,
        device_id=DeviceId(device_id),
        code=CODE,
        subject=name,
        severity="major",
        raised_at=started_at,
        now=now,
        detail={"session": name},
    )
    if alarm_id is not None:
        note_alarm(session, alarm_id, "raised", now=now)
    return alarm_id is not None
