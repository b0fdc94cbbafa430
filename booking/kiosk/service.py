"""Verbs of the kiosk. The caller owns the transactions; nothing here commits."""

from datetime import datetime
from itertools import pairwise

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from booking.feeds.tables import KioskPin
from booking.kiosk.errors import (
    NothingReservedNow,
    NothingToEnd,
    PinShut,
    UnfitPin,
    WrongPin,
)
from booking.kiosk.queries import SHOWN_AHEAD
from booking.reservations.attending import check_in, end
from booking.reservations.states import AT_IT_STATES, ReservationState
from booking.reservations.tables import Reservation
from directory.audit.service import record
from directory.people.passwords import hash_password, is_password
from directory.people.service import Caller
from directory.people.tables import Person
from foundation.identifiers import InstrumentId, PersonId

TRIES_MAX = 5
PIN_LENGTH = 6


def set_pin(session: Session, pin: str, *, by: Caller, now: datetime) -> None:
    """Set one's number for the kiosk anew."""
    if not is_fit_pin(pin):
        raise UnfitPin
    values = {"pin_hash": hash_password(pin), "tries": 0, "set_at": now}
    session.execute(
        insert(KioskPin)
        .values(person_id=by.person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )
    record(
        session,
        actor_id=by.person_id,
        action="pin.set",
        subject_kind="person",
        subject_id=by.person_id,
        now=now,
    )


def is_fit_pin(pin: str) -> bool:
    if len(pin) != PIN_LENGTH or not (pin.isascii() and pin.isdigit()):
        return False
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    return steps not in ({0}, {1}, {-1})


def count_try(session: Session, login: str) -> PersonId:
    """Count a try before it is judged, so that no crash makes it free.

    Raises:
        WrongPin: for somebody who is none, or has no PIN; it takes as long to say.
        PinShut: after too many wrong tries.
    """
    row = session.execute(
        update(KioskPin)
        .where(
            KioskPin.person_id
            == select(Person.id).where(Person.login == login, Person.is_active).scalar_subquery()
        )
        .values(tries=KioskPin.tries + 1)
        .returning(KioskPin.person_id, KioskPin.tries)
    ).one_or_none()
    if row is None:
        is_password("", None)
        raise WrongPin
    if row.tries > TRIES_MAX:
        raise PinShut
    person_id: PersonId = row.person_id
    return person_id


def check_pin(session: Session, person_id: PersonId, pin: str) -> None:
    kept = session.get_one(KioskPin, person_id)
    if not is_password(pin, kept.pin_hash):
        raise WrongPin
    kept.tries = 0
    session.flush()


def check_in_here(
    session: Session, instrument_id: InstrumentId, *, by: Caller, now: datetime
) -> Reservation:
    """Check in to what one has on this instrument next; who is too early is told so.

    Raises:
        NothingReservedNow: when that is nothing, for the coming day.
    """
    reservation = session.scalar(
        select(Reservation)
        .where(
            Reservation.instrument_id == instrument_id,
            Reservation.holder_id == by.person_id,
            Reservation.state == ReservationState.RESERVED,
            func.upper(Reservation.during) > now,
            func.lower(Reservation.during) < now + SHOWN_AHEAD,
        )
        .order_by(Reservation.during)
        .limit(1)
    )
    if reservation is None:
        raise NothingReservedNow
    return check_in(session, reservation.id, by=by, now=now, how="kiosk")


def end_here(
    session: Session, instrument_id: InstrumentId, *, by: Caller, now: datetime
) -> Reservation:
    """Leave the instrument one stands at.

    Raises:
        NothingToEnd: for who is not using it.
    """
    reservation = session.scalar(
        select(Reservation).where(
            Reservation.instrument_id == instrument_id,
            Reservation.holder_id == by.person_id,
            Reservation.state.in_(sorted(AT_IT_STATES)),
        )
    )
    if reservation is None:
        raise NothingToEnd
    return end(session, reservation.id, by=by, now=now)
