"""What holds nothing yet, or only for a while: written, written anew, and made real."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.reservations.again import ask_again, lock_and_ask, lock_and_read, require_in_time
from booking.reservations.asking import Request, presence_of
from booking.reservations.moves import tell
from booking.reservations.rights import load_for_client
from booking.reservations.service import (
    asker_for,
    request_of,
    require_book,
    require_moved,
    require_sound,
    slot_of,
)
from booking.reservations.states import Mode, ReservationState
from booking.reservations.tables import Reservation
from booking.reservations.taking import (
    expiry_of,
    first_state,
    naming_clashes,
    release_expired,
    retake,
    take,
)
from booking.reservations.technicians import require_fit_technician
from directory.people.service import Caller
from foundation.identifiers import PersonId, ReservationId

UNMADE = frozenset({ReservationState.DRAFT, ReservationState.HELD})
"""The states in which it is still its person's alone to say what is asked for."""


def save_draft(
    session: Session,
    request: Request,
    *,
    by: Caller,
    now: datetime,
    holder_id: PersonId | None = None,
) -> Reservation:
    """Write a wish down without holding anything; it is asked about as if it did.

    Raises:
        SlotRefused: naming everything that speaks against it.
    """
    asker = asker_for(session, by, holder_id)
    book = require_book(session, request.instrument_id)
    require_sound(session, book, request, asker, now=now)
    return take(
        session, book, request, asker, state=ReservationState.DRAFT, by=by.person_id, now=now
    )


def rewrite(
    session: Session,
    reservation_id: ReservationId,
    changes: Mapping[str, Any],
    *,
    by: Caller,
    now: datetime,
) -> Reservation:
    """Let a draft or a hold ask for something else of its instrument; a hold lasts no longer.

    `changes`: parts of the Request, by their names.

    Raises:
        OfferOver: when the hold's time is over.
        SlotRefused: naming everything that speaks against it.
        SlotTaken: when somebody holds part of a hold's new time.
    """
    reservation = load_for_client(session, reservation_id, by)
    book = lock_and_read(session, reservation, UNMADE)
    require_in_time(reservation, now)
    request = replace(request_of(reservation), **changes)
    ask_again(session, book, reservation, now=now, request=request)
    slot, former = request.wish.slot, slot_of(reservation)
    if request.mode is not Mode.ASSISTED:
        reservation.technician_id = None
    require_fit_technician(session, book, reservation, reservation.technician_id, slot)
    reservation.purpose, reservation.answers = request.purpose, dict(request.answers)
    reservation.mode, reservation.presence = request.mode, presence_of(request)
    reservation.terms = book.terms.document()
    retake(session, book, reservation, slot, now=now)
    tell(session, reservation, "rewritten", by=by.person_id, now=now, former=former)
    return reservation


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
    book = lock_and_ask(session, reservation, UNMADE, now=now, is_again=False)
    slot = slot_of(reservation)
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
