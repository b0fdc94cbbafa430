"""Questions about waitlists: who is next, whose offer ran out, what somebody waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.instruments.tables import Instrument
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from booking.waitlists.tables import WaitlistEntry
from directory.institutions.tables import Institution
from foundation.identifiers import PersonId

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


def list_waits(
    session: Session, person_id: PersonId, *, entry_id: UUID | None = None
) -> Sequence[Wait]:
    """Return what somebody waits for, the last first; or one entry of it."""
    found = (
        select(WaitlistEntry, Reservation, Instrument, Institution.time_zone)
        .outerjoin(Reservation, Reservation.id == WaitlistEntry.reservation_id)
        .join(Instrument, Instrument.id == WaitlistEntry.instrument_id)
        .join(Institution, Institution.id == Instrument.institution_id)
        .where(WaitlistEntry.person_id == person_id)
    )
    if entry_id is not None:
        found = found.where(WaitlistEntry.id == entry_id)
    rows = session.execute(found.order_by(WaitlistEntry.created_at.desc()).limit(100))
    return [Wait(*row) for row in rows]
