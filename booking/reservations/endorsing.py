"""The enterprise's part: its administrator says yes or no before the lab sees a reservation."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.notices.moved import tell_endorsed
from booking.reservations.again import lock_and_ask
from booking.reservations.errors import NotYours, WrongState
from booking.reservations.rights import is_endorser_of, load_for_client
from booking.reservations.service import require_moved, slot_of
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from booking.reservations.taking import expiry_of, state_at_lab
from directory.people.service import Caller
from foundation.identifiers import ReservationId

S = ReservationState


def endorse(
    session: Session, reservation_id: ReservationId, *, by: Caller, now: datetime
) -> Reservation:
    """Say yes for the enterprise: from here it goes as if nobody had been asked.

    Raises:
        NotYours: for all but the enterprise's administrators.
        OfferOver: when its slot has begun.
        SlotRefused: when something speaks against it by now.
    """
    reservation = _load(session, reservation_id, by)
    book = lock_and_ask(session, reservation, {S.PROPOSED}, now=now, is_again=True)
    state = state_at_lab(book)
    require_moved(
        session,
        reservation,
        state,
        by=by,
        reason="",
        now=now,
        expires_at=expiry_of(state, slot_of(reservation), book, now=now),
    )
    tell_endorsed(session, reservation, zone=book.zone, now=now)
    return reservation


def turn_down(
    session: Session, reservation_id: ReservationId, *, by: Caller, reason: str, now: datetime
) -> Reservation:
    """Say no for the enterprise, with a reason; the lab never hears of it."""
    reservation = _load(session, reservation_id, by)
    if reservation.state != S.PROPOSED:
        raise WrongState(reservation.state)
    require_moved(session, reservation, S.REJECTED, by=by, reason=reason, now=now, expires_at=None)
    return reservation


def _load(session: Session, reservation_id: ReservationId, by: Caller) -> Reservation:
    reservation = load_for_client(session, reservation_id, by)
    if not is_endorser_of(by, reservation):
        raise NotYours
    return reservation
