"""Who did not come is noted, and the rest of the slot is free for others."""

from datetime import datetime

from booking.reservations.clockwork import mark_missed
from booking.reservations.due import list_missed
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that an unused slot is a no-show, if its devices were there to see that."""
    return reconcile(
        sessions,
        lambda session: list_missed(session, now=now),
        lambda session, reservation_id: mark_missed(session, reservation_id, now=now),
    )
