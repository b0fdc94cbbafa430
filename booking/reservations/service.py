"""Verbs on reservations. The caller owns the transaction; nothing here commits.

All take the same path: lock the instrument, ask everything, write. The constraint is the
last wall.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.instruments.errors import InstrumentNotFound, NotShared
from booking.policies.books import Book, load_book
from booking.policies.rules import Standing
from booking.policies.terms import Terms, read_terms
from booking.reservations.asking import Request, find_all_problems, find_request_problems
from booking.reservations.cases import read_case
from booking.reservations.errors import (
    ClientNotNamed,
    NotAColleague,
    SlotRefused,
    SlotTaken,
    WrongState,
)
from booking.reservations.moves import lock_instruments, move
from booking.reservations.rules import Slot, Wish, find_time_problems
from booking.reservations.standing import Asker, needs_standing
from booking.reservations.states import PASSING_STATES, Mode, Presence, ReservationState
from booking.reservations.tables import Reservation, as_slot
from booking.reservations.taking import first_state, take
from directory.people.errors import NotAllowed
from directory.people.service import Caller
from directory.people.tables import Person
from directory.stations.rules import Scope
from foundation.errors import Problem
from foundation.identifiers import InstrumentId, PersonId, ReservationId


def asker_for(session: Session, by: Caller, holder_id: PersonId | None = None) -> Asker:
    """Return for whom a person asks: themselves, or somebody they may reserve for.

    That is a colleague of the same enterprise; for a station, people of the enterprises that
    entrusted it with this.

    Raises:
        NotAllowed: for those who act for no enterprise.
        ClientNotNamed: for a station that does not say for whom.
        NotAColleague: for somebody of another, or nobody.
    """
    enterprises = [by.enterprise_id] if by.enterprise_id else by.entrusted_with(Scope.RESERVATIONS)
    if not enterprises:
        raise NotAllowed
    if by.enterprise_id and holder_id in {None, by.person_id}:
        return Asker(by.person_id, by.enterprise_id)
    if holder_id is None:
        raise ClientNotNamed
    enterprise_id = session.scalar(
        select(Person.enterprise_id).where(
            Person.id == holder_id, Person.enterprise_id.in_(enterprises), Person.is_active
        )
    )
    if enterprise_id is None:
        raise NotAColleague
    return Asker(holder_id, enterprise_id)


def require_book(session: Session, instrument_id: InstrumentId) -> Book:
    """Read the instrument's book; its lock is held.

    Raises:
        InstrumentNotFound: when there is none of this id.
        NotShared: when it is not open for reservations.
    """
    return require_shared(load_book(session, instrument_id))


def require_shared(book: Book | None) -> Book:
    if book is None:
        raise InstrumentNotFound
    if not book.instrument.is_shared:
        raise NotShared
    return book


def require_sound(
    session: Session,
    book: Book,
    request: Request,
    asker: Asker,
    *,
    now: datetime,
    instead_of: ReservationId | None = None,
    is_begun: bool = False,
    is_again: bool = False,
    known: Standing | None = None,
) -> None:
    """Ask everything.

    Raises:
        SlotRefused: naming all that speaks against it.
    """
    problems = find_all_problems(
        session,
        book,
        request,
        asker,
        now=now,
        instead_of=instead_of,
        is_begun=is_begun,
        is_again=is_again,
        known=known,
    )
    if problems:
        raise SlotRefused(problems)


def reserve(
    session: Session,
    request: Request,
    *,
    by: Caller,
    now: datetime,
    holder_id: PersonId | None = None,
    asker: Asker | None = None,
    is_hold: bool = False,
) -> Reservation:
    """Take the slot for a person, or say why not.

    With the manager's approval asked for it is submitted; as a hold it ends by itself.
    `asker`: for whom, where the caller's right to ask for them was settled before.

    Raises:
        InstrumentNotFound: when there is none of this id.
        NotAColleague: for whom one may not reserve, naming all else that is wrong with it.
        SlotRefused: naming everything that speaks against it.
        SlotTaken: when somebody holds part of it.
    """
    try:
        asker = asker or asker_for(session, by, holder_id)
    except NotAColleague:
        # Who may have it cannot be asked then; what is wrong besides is said all the same.
        book = require_book(session, request.instrument_id)
        raise NotAColleague(
            [
                Problem(NotAColleague.code, NotAColleague.zh, NotAColleague.en, "holder_id"),
                *find_request_problems(book, request, now=now),
            ]
        ) from None
    is_slot = not find_time_problems(request.wish)
    case = read_case(
        session, request.instrument_id, asker, request.wish.slot if is_slot else None, now=now
    )
    book = require_shared(case.book if case else None)
    assert case is not None, "it has a book"
    if needs_standing(book.terms):
        lock_instruments(session, [request.instrument_id])
        require_sound(session, book, request, asker, now=now, known=case.standing)
    else:
        # Nothing asked about depends on other reservations, so it is asked before the
        # lock; and who wants what is gone already need not wait in line to hear it.
        require_sound(session, book, request, asker, now=now, known=case.standing)
        if case.is_taken:
            raise SlotTaken
    return take(
        session,
        book,
        request,
        asker,
        state=ReservationState.HELD if is_hold else first_state(book, by, asker.enterprise_id),
        by=by.person_id,
        now=now,
        has_remains=case.has_remains,
    )


def terms_of(reservation: Reservation) -> Terms:
    """Return the terms as they stood when it was reserved."""
    return read_terms([reservation.terms])


def slot_of(reservation: Reservation) -> Slot:
    return as_slot(reservation.during)


def request_of(reservation: Reservation, wish: Wish | None = None) -> Request:
    """Return what was asked for, at its own time or another."""
    own = slot_of(reservation)
    return Request(
        instrument_id=reservation.instrument_id,
        wish=wish or Wish(own.starts_at, own.ends_at),
        purpose=reservation.purpose,
        answers=reservation.answers,
        mode=Mode(reservation.mode),
        presence=Presence(reservation.presence) if reservation.presence else None,
    )


def is_over(reservation: Reservation, now: datetime) -> bool:
    """Whether its time limit passed, tidied up or not."""
    return (
        reservation.state in PASSING_STATES
        and reservation.expires_at is not None
        and reservation.expires_at <= now
    )


def require_moved(
    session: Session,
    reservation: Reservation,
    to_state: ReservationState,
    *,
    by: Caller | None,
    reason: str,
    now: datetime,
    **changes: object,
) -> None:
    """Move it on.

    Raises:
        WrongState: when somebody was faster.
    """
    if not move(
        session,
        reservation,
        to_state,
        actor_id=by.person_id if by else None,
        reason=reason,
        now=now,
        changes=changes,
    ):
        session.refresh(reservation)
        raise WrongState(reservation.state)
