"""Uses end with their slot, whether or not anybody says so."""

from datetime import datetime

from booking.reservations.attending import end_over
from booking.reservations.due import list_over
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that no use outlasts its slot: it is ended and its interlock wanted locked."""
    return reconcile(
        sessions,
        lambda session: list_over(session, now=now),
        lambda session, reservation_id: end_over(session, reservation_id, now=now),
    )
