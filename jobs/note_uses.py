"""A reservation is in use once telemetry shows a run."""

from datetime import datetime

from booking.reservations.clockwork import mark_in_use
from booking.reservations.due import list_newly_in_use
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that a checked-in reservation with a run under its lease is in use."""
    return reconcile(
        sessions,
        list_newly_in_use,
        lambda session, reservation_id: mark_in_use(session, reservation_id, now=now),
    )
