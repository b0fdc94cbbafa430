"""Giving a slot back, and what that is: free, late, or the lab's own doing."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.reservations.errors import WrongState
from booking.reservations.rights import is_staff_of, load_for
from booking.reservations.service import is_over, require_moved, slot_of, terms_of
from booking.reservations.states import STANDING_STATES, CancelledAs, ReservationState
from booking.reservations.tables import Reservation
from directory.people.service import Caller
from foundation.identifiers import ReservationId


def cancel(
    session: Session, reservation_id: ReservationId, *, by: Caller, reason: str, now: datetime
) -> Reservation:
    """Give the slot back: free, late, or by the lab, which decides what it costs.

    Raises:
        WrongState: when it is past cancelling.
    """
    reservation = load_for(session, reservation_id, by)
    cancelled_as = (
        CancelledAs.BY_LAB if is_staff_of(by, reservation) else kind_of_cancel(reservation, now=now)
    )
    if reservation.state not in STANDING_STATES | {ReservationState.DRAFT} or is_over(
        reservation, now
    ):
        raise WrongState(reservation.state)
    require_moved(
        session,
        reservation,
        ReservationState.CANCELLED,
        by=by,
        reason=reason,
        now=now,
        cancelled_as=cancelled_as,
        expires_at=None,
    )
    return reservation


def kind_of_cancel(reservation: Reservation, *, now: datetime) -> CancelledAs:
    """Tell what cancelling now would be, by the terms it was reserved under."""
    if reservation.state != ReservationState.RESERVED:
        return CancelledAs.FREE
    starts_at = slot_of(reservation).starts_at
    return CancelledAs.FREE if now <= free_until(reservation, starts_at) else CancelledAs.LATE


def free_until(reservation: Reservation, starts_at: datetime) -> datetime:
    """Return until when cancelling costs nothing, if it begins then."""
    terms = terms_of(reservation)
    by_grace = min(reservation.created_at + timedelta(seconds=terms.grace_s), starts_at)
    return max(starts_at - timedelta(seconds=terms.free_cancel_s), by_grace)
