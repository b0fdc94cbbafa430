"""Who waits is offered what became free."""

from datetime import datetime

from booking.waitlists.queries import list_waiting
from booking.waitlists.service import offer_next
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that free time somebody waits for is held for the first in line."""
    return reconcile(
        sessions,
        lambda session: list_waiting(session, now=now),
        lambda session, thing: offer_next(session, thing, now=now),
    )
