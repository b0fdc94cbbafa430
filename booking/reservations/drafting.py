"""What holds nothing yet, or only for a while, and making it real."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.reservations.asking import Request
from booking.reservations.errors import OfferOver, WrongState
from booking.reservations.moves import lock_instruments
from booking.reservations.rights import load_for_client
from booking.reservations.service import (
    asker_for,
    request_of,
    require_book,
    require_moved,
    require_sound,
    slot_of,
)
from booking.reservations.standing import Asker
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from booking.reservations.taking import (
    expiry_of,
    first_state,
    naming_clashes,
    release_expired,
    take,
)
from directory.people.service import Caller
from foundation.identifiers import PersonId, ReservationId


def save_draft(
    session: Session,
    request: Request,
    *,
    by: Caller,
    now: datetime,
    holder_id: PersonId | None = None,
) -> Reservation:
    """Write a wish down without holding anything; only its times must be times."""
    asker = asker_for(session, by, holder_id)
    book = require_book(session, request.instrument_id)
    require_sound(session, book, request, asker, now=now)
    return take(
        session, book, request, asker, state=ReservationState.DRAFT, by=by.person_id, now=now
    )


def confirm(
    session: Session, reservation_id: ReservationId, *, by: Caller, now: datetime
) -> Reservation:
    """Make a draft or a hold real: everything is asked again, under the lock.

    Raises:
        OfferOver: when the hold's time is over.
        SlotRefused: when something speaks against it by now.
        SlotTaken: when a draft's time went to somebody else.
    """
    reservation = load_for_client(session, reservation_id, by)
    lock_instruments(session, [reservation.instrument_id])
    session.refresh(reservation)
    if reservation.state not in {ReservationState.DRAFT, ReservationState.HELD}:
        raise WrongState(reservation.state)
    if reservation.expires_at is not None and reservation.expires_at <= now:
        raise OfferOver
    book = require_book(session, reservation.instrument_id)
    slot = slot_of(reservation)
    require_sound(
        session,
        book,
        request_of(reservation),
        Asker(reservation.holder_id, reservation.enterprise_id),
        now=now,
        instead_of=reservation.id,
    )
    state = first_state(book, by, reservation.enterprise_id)
    if reservation.state == ReservationState.DRAFT:
        release_expired(session, reservation.instrument_id, book.policy.blocked(slot), now=now)
    with naming_clashes(session):
        require_moved(
            session,
            reservation,
            state,
            by=by,
            reason="",
            now=now,
            expires_at=expiry_of(state, slot, book, now=now),
            terms=book.terms.document(),
        )
    return reservation
