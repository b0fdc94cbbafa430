"""Questions about waitlists: who is next, whose offer ran out, what somebody waits for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from booking.waitlists.tables import WaitlistEntry
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


def list_of(session: Session, person_id: PersonId) -> Sequence[WaitlistEntry]:
    return session.scalars(
        select(WaitlistEntry)
        .where(WaitlistEntry.person_id == person_id)
        .order_by(WaitlistEntry.created_at.desc())
        .limit(100)
    ).all()
