"""Verbs on usage sessions. The caller owns the transaction; nothing here commits."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from booking.instruments.rules import is_traceable
from booking.instruments.tables import Instrument, InstrumentDevice
from booking.reservations.attending import attendance_of
from booking.reservations.moves import move
from booking.reservations.rules import Slot
from booking.reservations.service import slot_of, terms_of
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation, as_slot
from booking.usage.errors import RunTaken
from booking.usage.evidence import Evidence, gather
from booking.usage.queries import OVER, heard_at
from booking.usage.rules import UsageState, is_settled
from booking.usage.tables import UsageRun, UsageSession
from directory.audit.service import record
from directory.institutions.tables import Institution
from foundation.identifiers import InstrumentId, ReservationId, RunId, new_id
from telemetry.alarms.service import raise_alarm
from telemetry.runs.tables import Run

UNRESERVED = "unreserved"
UNRESERVED_USE = "UNRESERVED_USE"
"""The alarm of use that nobody reserved; its subject is the run."""


def meter(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Turn an ended use into a usage session once its telemetry is in.

    False where there is nothing to do yet, or any more.
    """
    # Another process at the same reservation is left to it.
    reservation = session.scalar(
        select(Reservation)
        .where(Reservation.id == reservation_id, Reservation.state.in_(OVER))
        .with_for_update(skip_locked=True)
    )
    if reservation is None:
        return False
    evidence = gather(session, reservation)
    if evidence.device_id is not None and not is_settled(
        evidence.runs,
        heard_at=heard_at(session, evidence.device_id),
        ended_at=evidence.ended_at,
        now=now,
    ):
        return False
    _add_session(session, reservation, evidence, now=now)
    measured = evidence.measured
    changes = {"attendance": word} if (word := _overtime_of(session, reservation, evidence)) else {}
    return move(
        session,
        reservation,
        ReservationState.METERED,
        actor_id=None,
        reason=",".join(measured.doubts),
        now=now,
        changes=changes,
    )


def _overtime_of(session: Session, reservation: Reservation, evidence: Evidence) -> str | None:
    """Return the attendance of one whose instrument ran on after the slot, else None.

    The clock ends a use with its slot; only the evidence tells who went on.
    """
    ends_at = max((run.ends_at for run in evidence.runs), default=None)
    limit = timedelta(seconds=terms_of(reservation).overtime_after_s)
    if (
        ends_at is None
        or reservation.state == ReservationState.INTERRUPTED
        or ends_at <= slot_of(reservation).ends_at + limit
    ):
        return None
    return attendance_of(session, reservation, left_at=ends_at)


def labour_of(reservation: Reservation, used: Slot) -> int:
    """Return the technician's seconds: from the client's coming to the end, where one worked."""
    return int(used.length.total_seconds()) if reservation.technician_id is not None else 0


def _proves(session: Session, instrument_id: InstrumentId, during: Range[datetime]) -> bool:
    """Tell whether figures of a use may count as measured; said once, when it is metered."""
    instrument = session.get_one(Instrument, instrument_id)
    institution = session.get_one(Institution, instrument.institution_id)
    last_day = as_slot(during).ends_at.astimezone(ZoneInfo(institution.time_zone)).date()
    return is_traceable(
        is_metrological=instrument.is_metrological,
        calibrated_until=instrument.calibrated_until,
        on=last_day,
    )


def _add_session(
    session: Session, reservation: Reservation, evidence: Evidence, *, now: datetime
) -> UsageSession:
    measured = evidence.measured
    usage = UsageSession(
        id=new_id(),
        reservation_id=reservation.id,
        instrument_id=reservation.instrument_id,
        institution_id=reservation.institution_id,
        enterprise_id=reservation.enterprise_id,
        device_id=evidence.device_id,
        during=evidence.during,
        metered_ms=measured.metered_ms,
        warm_up_ms=measured.warm_up_ms,
        work_ms=measured.work_ms,
        cool_down_ms=measured.cool_down_ms,
        coverage_permille=measured.coverage_permille,
        state=measured.state,
        doubts=list(measured.doubts),
        labour_s=labour_of(reservation, evidence.used),
        is_metrological=_proves(session, reservation.instrument_id, evidence.during),
        metered_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(usage)
    session.flush()
    session.add_all(UsageRun(run_id=run.run_id, usage_session_id=usage.id) for run in evidence.runs)
    record(
        session,
        actor_id=None,
        action=f"usage.{usage.state}",
        subject_kind="usage_session",
        subject_id=usage.id,
        now=now,
        metered_ms=usage.metered_ms,
        coverage_permille=usage.coverage_permille,
        doubts=list(measured.doubts),
    )
    session.flush()
    return usage


def note_unreserved(session: Session, run_id: RunId, *, now: datetime) -> bool:
    """Make a session of a use that nobody reserved, for a person to look at, and raise an alarm."""
    run = session.get_one(Run, run_id)
    linked = session.execute(
        select(InstrumentDevice.instrument_id, InstrumentDevice.institution_id).where(
            InstrumentDevice.device_id == run.device_id
        )
    ).one_or_none()
    if linked is None:
        return False
    during = Range(run.started_at, max(run.last_at, run.started_at + timedelta(milliseconds=1)))
    usage = UsageSession(
        id=new_id(),
        reservation_id=None,
        instrument_id=linked.instrument_id,
        institution_id=linked.institution_id,
        enterprise_id=None,
        device_id=run.device_id,
        during=during,
        metered_ms=run.metered_ms,
        warm_up_ms=run.warm_up_ms,
        work_ms=run.work_ms,
        cool_down_ms=run.cool_down_ms,
        coverage_permille=run.coverage_permille,
        state=UsageState.NEEDS_REVIEW,
        doubts=[UNRESERVED],
        is_metrological=_proves(session, linked.instrument_id, during),
        metered_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(usage)
    session.flush()
    taken = session.scalar(
        insert(UsageRun)
        .values(run_id=run_id, usage_session_id=usage.id)
        .on_conflict_do_nothing()
        .returning(UsageRun.run_id)
    )
    if taken is None:
        raise RunTaken
    raise_alarm(
        session,
        device_id=run.device_id,
        code=UNRESERVED_USE,
        subject=str(run_id),
        severity="major",
        raised_at=run.started_at,
        now=now,
        detail={"metered_ms": run.metered_ms, "usage_session_id": str(usage.id)},
    )
    record(
        session,
        actor_id=None,
        action="usage.unreserved",
        subject_kind="usage_session",
        subject_id=usage.id,
        now=now,
    )
    return True
