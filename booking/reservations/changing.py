"""Moving, extending, shortening and handing over what is reserved already."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.notices.moved import tell_moved
from booking.reservations.errors import NeedsEndorsement, NotAColleague, WrongState
from booking.reservations.interlocks import unlock
from booking.reservations.moves import lock_instruments, tell
from booking.reservations.rights import (
    is_staff_of,
    load_for,
    load_for_client,
    needs_endorsement,
)
from booking.reservations.rules import Slot, Wish
from booking.reservations.service import (
    asker_for,
    is_over,
    request_of,
    require_book,
    require_sound,
    slot_of,
)
from booking.reservations.standing import Asker
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
    lock_instruments(session, [reservation.instrument_id])
    session.refresh(reservation)
    if reservation.state not in STANDING_STATES or is_over(reservation, now):
        raise WrongState(reservation.state)
    book = require_book(session, reservation.instrument_id)
    request = request_of(reservation)
    require_sound(
        session,
        book,
        replace(request, wish=wish),
        Asker(reservation.holder_id, reservation.enterprise_id),
        now=now,
        instead_of=reservation.id,
    )
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
    lock_instruments(session, [reservation.instrument_id])
    session.refresh(reservation)
    former = slot_of(reservation)
    if reservation.state not in AT_IT_STATES or now >= former.ends_at:
        raise WrongState(reservation.state)
    book = require_book(session, reservation.instrument_id)
    request = request_of(reservation)
    require_sound(
        session,
        book,
        replace(request, wish=Wish(former.starts_at, ends_at)),
        Asker(reservation.holder_id, reservation.enterprise_id),
        now=now,
        instead_of=reservation.id,
        is_begun=True,
    )
    slot = Slot(former.starts_at, ends_at)
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
    lock_instruments(session, [reservation.instrument_id])
    session.refresh(reservation)
    if reservation.state not in STANDING_STATES or is_over(reservation, now):
        raise WrongState(reservation.state)
    book = require_book(session, reservation.instrument_id)
    require_sound(
        session,
        book,
        request_of(reservation),
        asker,
        now=now,
        instead_of=reservation.id,
        is_again=True,
    )
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
