"""Use that nobody reserved: a person says what it was, and its alarm goes out."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.reservations.rights import STAFF
from booking.usage.errors import ReasonNeeded, UsageNotFound, WrongUsageState
from booking.usage.reviewing import require_fit, values_of, write_change
from booking.usage.rules import UsageState
from booking.usage.service import UNRESERVED_USE
from booking.usage.tables import UsageRun, UsageSession
from directory.people.service import Caller
from foundation.identifiers import UsageSessionId
from telemetry.alarms.queries import find_latest
from telemetry.alarms.service import acknowledge_alarm, clear_alarm
from telemetry.alarms.tables import Alarm


def explain(
    session: Session,
    usage_session_id: UsageSessionId,
    *,
    metered_ms: int | None,
    by: Caller,
    reason: str,
    now: datetime,
) -> UsageSession:
    """Count it as the institution's own use, with what it was, and its time put right if need be.

    Raises:
        UsageNotFound: also for those who may not know of it.
        WrongUsageState: when it was reserved, or explained already.
    """
    usage = session.scalar(
        select(UsageSession)
        .where(
            UsageSession.id == usage_session_id,
            UsageSession.institution_id == by.institution_id,
        )
        .with_for_update()
    )
    if usage is None or not by.has(*STAFF):
        raise UsageNotFound
    if usage.reservation_id is not None or usage.state != UsageState.NEEDS_REVIEW:
        raise WrongUsageState
    if not reason.strip():
        raise ReasonNeeded
    former = values_of(usage)
    if metered_ms is not None:
        require_fit(usage, metered_ms)
        usage.metered_ms = metered_ms
    usage.state = UsageState.CONFIRMED
    usage.confirmed_at = now
    write_change(session, usage, "explained", former, by=by.person_id, reason=reason, now=now)
    _put_out_alarm(session, usage, by=by, now=now)
    return usage


def alarm_of(session: Session, usage: UsageSession) -> Alarm | None:
    """Return the alarm that use without a reservation raised, active or over."""
    if usage.device_id is None:
        return None
    runs = select(UsageRun.run_id).where(UsageRun.usage_session_id == usage.id)
    subjects = [str(run_id) for run_id in session.scalars(runs)]
    return find_latest(session, device_id=usage.device_id, code=UNRESERVED_USE, subjects=subjects)


def _put_out_alarm(session: Session, usage: UsageSession, *, by: Caller, now: datetime) -> None:
    """Its alarm says what somebody has now looked at."""
    alarm = alarm_of(session, usage)
    if alarm is None or usage.device_id is None or alarm.cleared_at is not None:
        return
    acknowledge_alarm(session, alarm.id, by=by.person_id, now=now)
    clear_alarm(
        session,
        device_id=usage.device_id,
        code=UNRESERVED_USE,
        subject=alarm.subject,
        cleared_at=now,
    )
