"""Uses are interrupted where their device says it is out of order."""

from datetime import datetime

from booking.reservations.clockwork import interrupt_faulty
from booking.reservations.due import list_faulty
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that time under a fault is not charged as use."""
    return reconcile(
        sessions,
        lambda session: list_faulty(session, now=now),
        lambda session, thing: interrupt_faulty(session, thing, now=now),
    )
