"""Approved reservations become real once their money is set aside."""

from datetime import datetime

from sqlalchemy.orm import Session

from billing.holds.queries import list_unfunded
from billing.holds.service import set_aside
from booking.reservations.tables import Reservation
from foundation.database import SessionFactory
from foundation.identifiers import ReservationId
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that an approved reservation is funded as soon as its enterprise's credit allows."""

    def fund(session: Session, reservation_id: ReservationId) -> bool:
        return set_aside(session, session.get_one(Reservation, reservation_id), now=now)

    return reconcile(sessions, list_unfunded, fund)
