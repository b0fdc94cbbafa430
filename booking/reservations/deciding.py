"""The manager's part: approve, reject, offer another time, and what the person says to that."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.policies.books import Book
from booking.reservations.again import ask_again, lock_and_ask, lock_and_read, require_in_time
from booking.reservations.errors import TechnicianNeeded, WrongState
from booking.reservations.rights import load_for_client, load_for_manager
from booking.reservations.rules import Wish
from booking.reservations.service import is_over, request_of, require_moved, slot_of
from booking.reservations.states import CancelledAs, Mode, ReservationState
from booking.reservations.surcharges import freeze_surcharges
from booking.reservations.tables import Reservation
from booking.reservations.taking import (
    as_range,
    expiry_of,
    naming_clashes,
    release_expired,
)
from booking.reservations.technicians import require_fit_technician
from directory.people.service import Caller
from foundation.identifiers import ReservationId

S = ReservationState


def approve(
    session: Session, reservation_id: ReservationId, *, by: Caller, now: datetime
) -> Reservation:
    """Agree; with no funds to set aside it is reserved at once.

    Raises:
        OfferOver: when its slot has begun.
        TechnicianNeeded: when it is to be assisted and nobody is assigned.
        SlotRefused: when something speaks against it by now.
    """
    reservation = load_for_manager(session, reservation_id, by)
    book = lock_and_ask(session, reservation, {S.SUBMITTED}, now=now, is_again=True)
    if reservation.mode == Mode.ASSISTED and reservation.technician_id is None:
        raise TechnicianNeeded
    _agree(session, book, reservation, by=by, now=now)
    return reservation


def reject(
    session: Session, reservation_id: ReservationId, *, by: Caller, reason: str, now: datetime
) -> Reservation:
    """Refuse, with a reason."""
    reservation = load_for_manager(session, reservation_id, by)
    if reservation.state != S.SUBMITTED:
        raise WrongState(reservation.state)
    require_moved(session, reservation, S.REJECTED, by=by, reason=reason, now=now, expires_at=None)
    return reservation


def retime(
    session: Session,
    reservation_id: ReservationId,
    wish: Wish,
    *,
    by: Caller,
    reason: str,
    now: datetime,
) -> Reservation:
    """Offer another time, which is held until the person answers or a day is over.

    Raises:
        SlotRefused: when something speaks against the other time.
        SlotTaken: when somebody holds part of it.
    """
    reservation = load_for_manager(session, reservation_id, by)
    book = lock_and_read(session, reservation, {S.SUBMITTED})
    require_in_time(reservation, now)
    ask_again(session, book, reservation, now=now, request=request_of(reservation, wish))
    slot = wish.slot
    blocked = book.policy.blocked(slot)
    require_fit_technician(session, book, reservation, reservation.technician_id, slot)
    release_expired(session, book.instrument.id, blocked, now=now)
    with naming_clashes(session):
        require_moved(
            session,
            reservation,
            S.RETIMED,
            by=by,
            reason=reason,
            now=now,
            during=as_range(slot),
            blocked=as_range(blocked),
            surcharges=freeze_surcharges(book, slot),
            expires_at=expiry_of(S.RETIMED, slot, book, now=now),
        )
    return reservation


def accept_time(
    session: Session, reservation_id: ReservationId, *, by: Caller, now: datetime
) -> Reservation:
    """Say yes to the time the manager offers.

    Raises:
        OfferOver: when it was too long ago.
        SlotRefused: when something speaks against it by now.
    """
    reservation = load_for_client(session, reservation_id, by)
    book = lock_and_ask(session, reservation, {S.RETIMED}, now=now, is_again=True)
    _agree(session, book, reservation, by=by, now=now)
    return reservation


def decline_time(
    session: Session, reservation_id: ReservationId, *, by: Caller, reason: str, now: datetime
) -> Reservation:
    """Say no to it; that costs nothing."""
    reservation = load_for_client(session, reservation_id, by)
    if reservation.state != S.RETIMED:
        raise WrongState(reservation.state)
    require_moved(
        session,
        reservation,
        S.CANCELLED,
        by=by,
        reason=reason,
        now=now,
        cancelled_as=CancelledAs.FREE,
        expires_at=None,
    )
    return reservation


def note_funded(session: Session, reservation: Reservation, *, now: datetime) -> bool:
    """Note that its funds are set aside; False where it no longer waits for that."""
    if reservation.state != S.APPROVED or is_over(reservation, now):
        return False
    require_moved(
        session, reservation, S.RESERVED, by=None, reason="funds held", now=now, expires_at=None
    )
    return True


def _agree(
    session: Session, book: Book, reservation: Reservation, *, by: Caller, now: datetime
) -> None:
    require_moved(
        session,
        reservation,
        S.APPROVED,
        by=by,
        reason="",
        now=now,
        expires_at=expiry_of(S.APPROVED, slot_of(reservation), book, now=now),
    )
    if not book.terms.asks_funds:
        require_moved(
            session,
            reservation,
            S.RESERVED,
            by=None,
            reason="no funds asked for",
            now=now,
            expires_at=None,
        )
