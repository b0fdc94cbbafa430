"""What the clock does to reservations; each says False where there is nothing to do."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.attendance.rules import MISSED
from booking.instruments.queries import list_devices
from booking.reservations.attending import attendance_of, break_off
from booking.reservations.due import last_run_ended_at
from booking.reservations.interlocks import lock
from booking.reservations.moves import move
from booking.reservations.service import is_over, slot_of, terms_of
from booking.reservations.states import AT_IT_STATES, CancelledAs, Mode, ReservationState
from booking.reservations.tables import Reservation
from foundation.identifiers import ReservationId
from telemetry.devices.queries import presence_between

S = ReservationState


def mark_in_use(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Note the first evidence of a run."""
    reservation = session.get(Reservation, reservation_id)
    if reservation is None or reservation.state != S.CHECKED_IN:
        return False
    return move(session, reservation, S.IN_USE, actor_id=None, reason="first run seen", now=now)


def end_idle(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """End a use whose instrument rests for longer than its terms bear; the rest is free."""
    reservation = session.get(Reservation, reservation_id)
    if reservation is None or reservation.state != S.IN_USE:
        return False
    left_at = last_run_ended_at(session, reservation) or now
    attendance = attendance_of(session, reservation, left_at=left_at)
    if not move(
        session,
        reservation,
        S.ENDED,
        actor_id=None,
        reason="instrument at rest",
        now=now,
        changes={"attendance": attendance},
    ):
        return False
    lock(session, reservation, by=None, reason="instrument at rest", now=now)
    return True


def interrupt_faulty(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Interrupt a use whose device says it is out of order: only the good time counts."""
    reservation = session.get(Reservation, reservation_id)
    if reservation is None or reservation.state not in AT_IT_STATES:
        return False
    break_off(session, reservation, by=None, reason="device out of service", now=now)
    return True


def expire(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Let go of a hold, or a wait for somebody's yes, that is over."""
    reservation = session.get(Reservation, reservation_id)
    if reservation is None or not is_over(reservation, now):
        return False
    return move(session, reservation, S.EXPIRED, actor_id=None, reason="time limit over", now=now)


def mark_missed(session: Session, reservation_id: ReservationId, *, now: datetime) -> bool:
    """Note that nobody came; the slot's rest is free.

    Of an assisted use neither the client came nor their samples. Where the lab had nobody to
    work it, it is the lab that cancels.

    Not where a device of the instrument was away for a moment since the slot began: then a
    use may have gone unseen, and a person has to say.
    """
    reservation = session.get(Reservation, reservation_id)
    if reservation is None or reservation.state != S.RESERVED:
        return False
    slot = slot_of(reservation)
    limit = timedelta(seconds=terms_of(reservation).no_show_after_s)
    if now < min(slot.starts_at + limit, slot.ends_at):
        return False
    if reservation.mode == Mode.ASSISTED:
        if reservation.technician_id is None:
            return _cancel_for_lab(session, reservation, now=now)
        if reservation.samples_at is not None:
            return False
    for device in list_devices(session, [reservation.instrument_id])[reservation.instrument_id]:
        spans = presence_between(session, device.device_id, slot.starts_at, min(now, slot.ends_at))
        if device.is_meter and not all(span.is_online for span in spans):
            return False
    return move(
        session,
        reservation,
        S.NO_SHOW,
        actor_id=None,
        reason="nobody came",
        now=now,
        changes={"attendance": MISSED},
    )


def _cancel_for_lab(session: Session, reservation: Reservation, *, now: datetime) -> bool:
    return move(
        session,
        reservation,
        S.CANCELLED,
        actor_id=None,
        reason="no technician",
        now=now,
        changes={"cancelled_as": CancelledAs.BY_LAB},
    )
