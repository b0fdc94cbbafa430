"""What waits for an instrument's manager has a clock, which others watch too."""

from datetime import datetime

from booking.reservations.deadlines import list_untimed, time_approval
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that a submitted reservation is due within a working day, until it is answered."""
    return reconcile(
        sessions,
        list_untimed,
        lambda session, key: time_approval(session, key, now=now),
    )
