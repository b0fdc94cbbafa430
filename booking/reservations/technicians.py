"""Who of the lab works the instrument: with authorisation, in one place, within working time."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.policies.books import Book
from booking.policies.rules import lab_window
from booking.policies.terms import Per
from booking.policies.working_time import find_working_time_problems
from booking.reservations.errors import (
    NotATechnician,
    NotYours,
    TechnicianRefused,
    WrongState,
)
from booking.reservations.moves import lock_technician, tell
from booking.reservations.rights import is_staff_of, load_for, load_for_manager
from booking.reservations.rules import Slot
from booking.reservations.service import require_book, slot_of
from booking.reservations.standing import COUNTS, Asker, read_qualification
from booking.reservations.states import ASSIGNABLE_STATES, STANDING_STATES, Mode
from booking.reservations.tables import Reservation, as_slot
from booking.reservations.taking import naming_clashes
from directory.people.service import Caller
from directory.people.tables import Person, RoleAssignment
from directory.roles.rules import Role
from foundation.identifiers import PersonId, ReservationId


def assign_technician(
    session: Session,
    reservation_id: ReservationId,
    technician_id: PersonId,
    *,
    by: Caller,
    now: datetime,
) -> Reservation:
    """Say who of the lab works the instrument.

    Raises:
        NotATechnician: for somebody who is none of this institution's, or whose own
            qualification for the instrument lapses before the slot ends.
        TechnicianRefused: naming every rule of working time that speaks against it.
        TechnicianTaken: when they work elsewhere then.
    """
    reservation = load_for_manager(session, reservation_id, by)
    if reservation.state not in ASSIGNABLE_STATES:
        raise WrongState(reservation.state)
    technician = session.scalar(
        select(Person.id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Person.id == technician_id,
            Person.institution_id == reservation.institution_id,
            Person.is_active,
            RoleAssignment.role == Role.TECHNICIAN,
        )
    )
    if technician is None:
        raise NotATechnician
    book = require_book(session, reservation.instrument_id)
    require_fit_technician(session, book, reservation, technician_id, slot_of(reservation))
    with naming_clashes(session):
        reservation.technician_id = technician_id
        reservation.revision += 1
        reservation.changed_at = now
        session.flush()
    tell(session, reservation, "assigned", by=by.person_id, now=now, technician=str(technician_id))
    return reservation


def require_fit_technician(
    session: Session,
    book: Book,
    reservation: Reservation,
    technician_id: PersonId | None,
    slot: Slot,
) -> None:
    """Ask whether the technician may work the slot; asked again wherever the slot moves.

    Raises:
        NotATechnician: when the instrument asks for a qualification they lack then.
        TechnicianRefused: when it is too much, too close, or outside their hours.
    """
    if technician_id is None:
        return
    if book.terms.needs_qualification:
        until = read_qualification(session, book, Asker(technician_id, reservation.enterprise_id))
        last_moment = slot.ends_at - timedelta(microseconds=1)
        if until is None or until < last_moment.astimezone(book.zone).date():
            raise NotATechnician
    lock_technician(session, technician_id)
    problems = find_working_time_problems(
        slot, _assigned(session, book, reservation, technician_id, slot), book.terms, zone=book.zone
    )
    if problems:
        raise TechnicianRefused(problems)


def _assigned(
    session: Session,
    book: Book,
    reservation: Reservation,
    technician_id: PersonId,
    slot: Slot,
) -> list[Slot]:
    """Return what else they have in the weeks that the slot touches, on any instrument."""
    first = lab_window(slot.starts_at, Per.WEEK, book.zone)
    last = lab_window(slot.ends_at, Per.WEEK, book.zone)
    rest = timedelta(seconds=book.terms.technician_rest_s)
    rows = session.scalars(
        select(Reservation.during).where(
            Reservation.technician_id == technician_id,
            Reservation.id != reservation.id,
            func.upper(Reservation.during) > first.starts_at - rest,
            func.lower(Reservation.during) < last.ends_at + rest,
            Reservation.state.in_(COUNTS),
        )
    )
    return [as_slot(during) for during in rows]


def note_samples(
    session: Session, reservation_id: ReservationId, *, by: Caller, now: datetime
) -> Reservation:
    """Note that the samples of an assisted use are there: then nobody calls it missed.

    Raises:
        NotYours: for all but the lab's staff.
        WrongState: for a use of the client's own, or once it is over.
    """
    reservation = load_for(session, reservation_id, by)
    if not is_staff_of(by, reservation):
        raise NotYours
    if reservation.mode != Mode.ASSISTED or reservation.state not in STANDING_STATES:
        raise WrongState(reservation.state)
    if reservation.samples_at is None:
        reservation.samples_at = now
        reservation.revision += 1
        reservation.changed_at = now
        session.flush()
        tell(session, reservation, "samples_received", by=by.person_id, now=now)
    return reservation
