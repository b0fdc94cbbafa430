"""Questions about waitlists: who is next, whose offer ran out, what somebody waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from booking.instruments.tables import Instrument
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from booking.waitlists.tables import WaitlistEntry
from directory.institutions.tables import Institution
from directory.people.service import Caller
from directory.people.tables import Person
from directory.stations.rules import Scope

BATCH = 200


def list_waiting(session: Session, *, now: datetime) -> Sequence[UUID]:
    """Entries to try, the longest waiting first."""
    return session.scalars(
        select(WaitlistEntry.id)
        .where(WaitlistEntry.state == "waiting", func.upper(WaitlistEntry.within) > now)
        .order_by(WaitlistEntry.created_at, WaitlistEntry.id)
        .limit(BATCH)
    ).all()


def list_lapsing(session: Session, *, now: datetime) -> Sequence[UUID]:
    """Offers whose hold is gone, and windows that are over."""
    return session.scalars(
        select(WaitlistEntry.id)
        .outerjoin(Reservation, Reservation.id == WaitlistEntry.reservation_id)
        .where(
            or_(
                (WaitlistEntry.state == "offered")
                & Reservation.state.in_([ReservationState.EXPIRED, ReservationState.CANCELLED]),
                (WaitlistEntry.state == "waiting") & (func.upper(WaitlistEntry.within) <= now),
            )
        )
        .limit(BATCH)
    ).all()


@dataclass(frozen=True, slots=True)
class Wait:
    """An entry with the instrument it waits for, and what is offered."""

    entry: WaitlistEntry
    offered: Reservation | None
    instrument: Instrument
    time_zone: str
    holder: Person
    """Who waits."""


def is_seen_by(by: Caller) -> ColumnElement[bool]:
    """Whether it is their own, or that of a client that entrusted their station with it."""
    return or_(
        WaitlistEntry.person_id == by.person_id,
        WaitlistEntry.enterprise_id.in_(by.entrusted_with(Scope.RESERVATIONS)),
    )


def list_waits(session: Session, by: Caller) -> Sequence[Wait]:
    """Return what somebody waits for, or lets clients wait for, the last first."""
    return _read(session, is_seen_by(by))


def read_wait(session: Session, entry_id: UUID) -> Wait:
    """Return one entry, for whom it was found already."""
    [wait] = _read(session, WaitlistEntry.id == entry_id)
    return wait


def _read(session: Session, which: ColumnElement[bool]) -> list[Wait]:
    found = (
        select(WaitlistEntry, Reservation, Instrument, Institution.time_zone, Person)
        .outerjoin(Reservation, Reservation.id == WaitlistEntry.reservation_id)
        .join(Instrument, Instrument.id == WaitlistEntry.instrument_id)
        .join(Institution, Institution.id == Instrument.institution_id)
        .join(Person, Person.id == WaitlistEntry.person_id)
        .where(which)
    )
    rows = session.execute(found.order_by(WaitlistEntry.created_at.desc()).limit(100))
    return [Wait(*row) for row in rows]
