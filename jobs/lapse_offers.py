"""An offer that was not taken goes to the next in line."""

from datetime import datetime

from booking.waitlists.queries import list_lapsing
from booking.waitlists.service import lapse
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that offers run out, and that nobody waits for time that is past."""
    return reconcile(
        sessions,
        lambda session: list_lapsing(session, now=now),
        lambda session, thing: lapse(session, thing, now=now),
    )
