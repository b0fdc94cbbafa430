"""Moving, extending, shortening and handing over what is reserved already."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.notices.moved import tell_moved
from booking.policies.books import Book
from booking.reservations.again import ask_again, lock_and_read
from booking.reservations.errors import NeedsEndorsement, NotAColleague, WrongState
from booking.reservations.interlocks import unlock
from booking.reservations.moves import tell
from booking.reservations.rights import (
    is_staff_of,
    load_for,
    load_for_client,
    needs_endorsement,
)
from booking.reservations.rules import Wish
from booking.reservations.service import asker_for, is_over, request_of, slot_of
from booking.reservations.states import (
    AT_IT_STATES,
    STANDING_STATES,
    ReservationState,
)
from booking.reservations.tables import Reservation
from booking.reservations.taking import retake
from booking.reservations.technicians import require_fit_technician
from directory.people.service import Caller
from foundation.identifiers import PersonId, ReservationId


def reschedule(
    session: Session, reservation_id: ReservationId, wish: Wish, *, by: Caller, now: datetime
) -> Reservation:
    """Give it another time, under the same lock and the same policy as a new one.

    Raises:
        WrongState: once somebody is at the instrument; then only its end can move.
        SlotRefused: naming everything that speaks against the new time.
        NeedsEndorsement: when a member makes longer what their enterprise said yes to.
        SlotTaken: when somebody holds part of it; the old time stays.
    """
    reservation = load_for(session, reservation_id, by)
    book = _lock_standing(session, reservation, now=now)
    ask_again(session, book, reservation, now=now, request=request_of(reservation, wish))
    former = slot_of(reservation)
    is_asked = needs_endorsement(by, reservation.enterprise_id) and _was_endorsed(reservation)
    if is_asked and wish.slot.length > former.length:
        raise NeedsEndorsement
    require_fit_technician(session, book, reservation, reservation.technician_id, wish.slot)
    retake(session, book, reservation, wish.slot, now=now)
    tell(session, reservation, "rescheduled", by=by.person_id, now=now, former=former)
    if is_staff_of(by, reservation):
        tell_moved(session, reservation, zone=book.zone, now=now)
    return reservation


def _lock_standing(session: Session, reservation: Reservation, *, now: datetime) -> Book:
    book = lock_and_read(session, reservation, STANDING_STATES)
    if is_over(reservation, now):
        raise WrongState(reservation.state)
    return book


def _was_endorsed(reservation: Reservation) -> bool:
    return reservation.state not in {ReservationState.HELD, ReservationState.PROPOSED}


def extend(
    session: Session, reservation_id: ReservationId, ends_at: datetime, *, by: Caller, now: datetime
) -> Reservation:
    """Let a use go on longer, if nobody comes next; its interlock stays open until then.

    Raises:
        WrongState: unless somebody is at the instrument.
        SlotRefused: naming everything that speaks against it.
        SlotTaken: when the next person's time would be touched.
    """
    reservation = load_for(session, reservation_id, by)
    book = lock_and_read(session, reservation, AT_IT_STATES)
    former = slot_of(reservation)
    if now >= former.ends_at:
        raise WrongState(reservation.state)
    longer = request_of(reservation, Wish(former.starts_at, ends_at))
    ask_again(session, book, reservation, now=now, request=longer, is_begun=True)
    slot = longer.wish.slot
    require_fit_technician(session, book, reservation, reservation.technician_id, slot)
    retake(session, book, reservation, slot, now=now)
    unlock(session, reservation, by=by.person_id, now=now)
    tell(session, reservation, "extended", by=by.person_id, now=now, former=former)
    return reservation


def hand_over(
    session: Session, reservation_id: ReservationId, to: PersonId, *, by: Caller, now: datetime
) -> Reservation:
    """Give the slot to a colleague, who must satisfy everything that was asked of the giver.

    Raises:
        NotAColleague: for somebody of another enterprise.
        SlotRefused: when the colleague may not have it.
    """
    reservation = load_for_client(session, reservation_id, by)
    asker = asker_for(session, by, to)
    if asker.enterprise_id != reservation.enterprise_id:
        raise NotAColleague
    book = _lock_standing(session, reservation, now=now)
    ask_again(session, book, reservation, now=now, asker=asker, is_again=True)
    former = reservation.holder_id
    reservation.holder_id = asker.person_id
    # Who gives it away reserved it: they still see it, and may take it back.
    maker = reservation.made_by or former
    reservation.made_by = None if maker == asker.person_id else maker
    reservation.revision += 1
    reservation.changed_at = now
    session.flush()
    tell(session, reservation, "handed_over", by=by.person_id, now=now, former_holder=str(former))
    return reservation
