"""Asking again about what is reserved already: under the lock, by what holds now."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from booking.policies.books import Book
from booking.reservations.asking import Request
from booking.reservations.errors import OfferOver, WrongState
from booking.reservations.moves import lock_instruments
from booking.reservations.service import is_over, request_of, require_book, require_sound
from booking.reservations.standing import Asker
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation


def lock_and_read(
    session: Session, reservation: Reservation, states: Collection[ReservationState]
) -> Book:
    """Take the instrument's lock, and read the reservation and the book under it.

    Raises:
        WrongState: unless it stands in one of these.
    """
    lock_instruments(session, [reservation.instrument_id])
    session.refresh(reservation)
    if reservation.state not in states:
        raise WrongState(reservation.state)
    return require_book(session, reservation.instrument_id)


def require_in_time(reservation: Reservation, now: datetime) -> None:
    """Refuse what nobody can say yes to any more.

    Raises:
        OfferOver: when its time limit is over.
    """
    if is_over(reservation, now):
        raise OfferOver


def lock_and_ask(
    session: Session,
    reservation: Reservation,
    states: Collection[ReservationState],
    *,
    now: datetime,
    is_again: bool,
) -> Book:
    """Do all that stands before somebody's yes to what is asked for.

    `is_again`: things may have changed since it was asked, but its notice was kept then.
    """
    book = lock_and_read(session, reservation, states)
    require_in_time(reservation, now)
    ask_again(session, book, reservation, now=now, is_again=is_again)
    return book


def asker_of(reservation: Reservation) -> Asker:
    return Asker(reservation.holder_id, reservation.enterprise_id)


def ask_again(
    session: Session,
    book: Book,
    reservation: Reservation,
    *,
    now: datetime,
    request: Request | None = None,
    asker: Asker | None = None,
    is_begun: bool = False,
    is_again: bool = False,
) -> None:
    """Ask everything of what it asks for, or would ask for instead, as if it were not there.

    Raises:
        SlotRefused: naming all that speaks against it by now.
    """
    require_sound(
        session,
        book,
        request or request_of(reservation),
        asker or asker_of(reservation),
        now=now,
        instead_of=reservation.id,
        is_begun=is_begun,
        is_again=is_again,
    )
