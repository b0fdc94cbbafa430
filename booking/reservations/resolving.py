"""A slot that passed unseen, because a device was away: a person says what became of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.reservations.errors import NotYours, ReasonMissing, WrongState
from booking.reservations.moves import lock_instruments
from booking.reservations.rights import is_staff_of, load_for
from booking.reservations.service import require_moved, slot_of
from booking.reservations.states import CancelledAs, ReservationState
from booking.reservations.tables import Reservation
from directory.people.service import Caller
from foundation.identifiers import ReservationId

S = ReservationState
NORMAL = "normal"


def resolve_unseen(
    session: Session,
    reservation_id: ReservationId,
    *,
    was_used: bool,
    reason: str,
    by: Caller,
    now: datetime,
) -> Reservation:
    """Say whether a slot was used that nobody checked in to and no device could watch.

    Used: it is metered like any other, by whatever evidence comes in yet, and a person
    confirms the figure. Not used: it is given back at no cost. Never a no-show, for nobody
    saw that no one came.

    Raises:
        NotYours: for all but the lab's staff.
        WrongState: while the slot lasts, or once the clock has called it missed.
        ReasonMissing: when nothing is said about how one knows.
    """
    reservation = load_for(session, reservation_id, by)
    if not is_staff_of(by, reservation):
        raise NotYours
    if not reason.strip():
        raise ReasonMissing
    lock_instruments(session, [reservation.instrument_id])
    session.refresh(reservation)
    if reservation.state != S.RESERVED or now < slot_of(reservation).ends_at:
        raise WrongState(reservation.state)
    if not was_used:
        require_moved(
            session,
            reservation,
            S.CANCELLED,
            by=by,
            reason=reason,
            now=now,
            cancelled_as=CancelledAs.BY_LAB,
            expires_at=None,
        )
        return reservation
    require_moved(session, reservation, S.CHECKED_IN, by=by, reason=reason, now=now)
    require_moved(session, reservation, S.ENDED, by=by, reason=reason, now=now, attendance=NORMAL)
    return reservation
