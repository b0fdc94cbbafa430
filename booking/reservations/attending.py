"""At the instrument: checking in, leaving, being interrupted."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.attendance.rules import judge_attendance
from booking.instruments.tables import Instrument
from booking.reservations.errors import (
    InstrumentBusy,
    InstrumentOutOfOrder,
    NotYours,
    TechnicianNeeded,
    TooEarlyToCheckIn,
    TooLateToCheckIn,
    WrongState,
)
from booking.reservations.interlocks import lock, unlock
from booking.reservations.moves import lock_instruments, move
from booking.reservations.rights import is_staff_of, load_for
from booking.reservations.service import require_moved, slot_of, terms_of
from booking.reservations.states import (
    AT_IT_STATES,
    CHECK_IN_OPENS,
    HOLDING_STATES,
    Mode,
    Presence,
    ReservationState,
)
from booking.reservations.tables import TIMES, Reservation, ReservationTransition
from directory.people.service import Caller
from foundation.identifiers import ReservationId

S = ReservationState


def check_in(
    session: Session,
    reservation_id: ReservationId,
    *,
    by: Caller,
    now: datetime,
    how: str = "page",
    presence: Presence | None = None,
) -> Reservation:
    """Note that the person is there, and want the interlock open until the slot ends.

    `presence`: how the client of an assisted use came, where that is not as they declared.

    Raises:
        InstrumentBusy: while another's slot runs, or its use is not ended.
        TooEarlyToCheckIn: before the quarter of an hour that precedes the slot.
        TooLateToCheckIn: once the slot is over.
        TechnicianNeeded: when an assisted use has nobody to assist, or is not checked in
            by the lab.
    """
    reservation = load_for(session, reservation_id, by)
    slot = slot_of(reservation)
    if reservation.state != S.RESERVED:
        raise WrongState(reservation.state)
    if now < slot.starts_at - CHECK_IN_OPENS:
        raise TooEarlyToCheckIn
    if now >= slot.ends_at:
        raise TooLateToCheckIn
    if reservation.mode == Mode.ASSISTED and (
        reservation.technician_id is None or not is_staff_of(by, reservation)
    ):
        raise TechnicianNeeded
    lock_instruments(session, [reservation.instrument_id])
    if session.get_one(Instrument, reservation.instrument_id).condition != "working":
        raise InstrumentOutOfOrder
    if is_busy(session, reservation, now=now):
        raise InstrumentBusy
    came_as = {"presence": presence} if presence and reservation.mode == Mode.ASSISTED else {}
    require_moved(session, reservation, S.CHECKED_IN, by=by, reason=how, now=now, **came_as)
    unlock(session, reservation, by=by.person_id, now=now)
    return reservation


def is_busy(session: Session, reservation: Reservation, *, now: datetime) -> bool:
    """Tell whether somebody else is at the instrument, or has this very time."""
    at_it = TIMES.c.state.in_(sorted(AT_IT_STATES))
    return bool(
        session.scalar(
            select(
                exists().where(
                    TIMES.c.instrument_id == reservation.instrument_id,
                    TIMES.c.id != reservation.id,
                    TIMES.c.state.in_(sorted(HOLDING_STATES)),
                    at_it | (TIMES.c.during.contains(now) & TIMES.c.expires_at.is_(None)),
                )
            )
        )
    )


def end(
    session: Session, reservation_id: ReservationId, *, by: Caller, now: datetime
) -> Reservation:
    """Leave early: the rest of the slot is free for others, and the interlock locks.

    Raises:
        NotYours: for the client of an assisted use, whom its technician stops.
    """
    reservation = load_for(session, reservation_id, by)
    if reservation.state not in AT_IT_STATES:
        raise WrongState(reservation.state)
    if reservation.mode == Mode.ASSISTED and not is_staff_of(by, reservation):
        raise NotYours
    require_moved(
        session,
        reservation,
        S.ENDED,
        by=by,
        reason="",
        now=now,
        attendance=attendance_of(session, reservation, left_at=now),
    )
    lock(session, reservation, by=by.person_id, reason="reservation ended", now=now)
    return reservation


def interrupt(
    session: Session, reservation_id: ReservationId, *, by: Caller, reason: str, now: datetime
) -> Reservation:
    """End a use for a fault: only its good time counts, and the instrument is out of order.

    Raises:
        WrongState: unless somebody is at the instrument.
    """
    reservation = load_for(session, reservation_id, by)
    if not is_staff_of(by, reservation) or reservation.state not in AT_IT_STATES:
        raise WrongState(reservation.state)
    break_off(session, reservation, by=by, reason=reason, now=now)
    return reservation


def break_off(
    session: Session, reservation: Reservation, *, by: Caller | None, reason: str, now: datetime
) -> None:
    require_moved(
        session,
        reservation,
        S.INTERRUPTED,
        by=by,
        reason=reason,
        now=now,
        attendance="normal",  # a fault is nobody's early leave
    )
    session.get_one(Instrument, reservation.instrument_id).condition = "faulty"
    session.flush()
    actor_id = by.person_id if by else None
    lock(session, reservation, by=actor_id, reason="instrument faulty", now=now)


def end_over(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """End a use whose slot is over, by the clock; False where there is nothing to do."""
    reservation = session.get(Reservation, reservation_id)
    if reservation is None or now < slot_of(reservation).ends_at:
        return False
    if reservation.state not in AT_IT_STATES:
        return False
    if not move(
        session,
        reservation,
        S.ENDED,
        actor_id=None,
        reason="slot over",
        now=now,
        changes={"attendance": attendance_of(session, reservation, left_at=now)},
    ):
        return False
    lock(session, reservation, by=None, reason="slot over", now=now)
    return True


def attendance_of(session: Session, reservation: Reservation, *, left_at: datetime) -> str:
    came_at = session.scalar(
        select(ReservationTransition.at).where(
            ReservationTransition.reservation_id == reservation.id,
            ReservationTransition.to_state == S.CHECKED_IN,
        )
    )
    terms = terms_of(reservation)
    return judge_attendance(
        slot_of(reservation),
        came_at=came_at or left_at,
        left_at=left_at,
        late_after=timedelta(seconds=terms.late_after_s),
        early_leave=timedelta(seconds=terms.early_leave_s),
        overtime_after=timedelta(seconds=terms.overtime_after_s),
    )
