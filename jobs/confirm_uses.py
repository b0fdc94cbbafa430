"""Usage sessions whose evidence suffices confirm themselves."""

from datetime import datetime

from booking.usage.queries import list_confirmable
from booking.usage.reviewing import confirm_by_itself
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that a metered session is confirmed in time, if its evidence suffices."""
    return reconcile(
        sessions,
        lambda session: list_confirmable(session, now=now),
        lambda session, thing: confirm_by_itself(session, thing, now=now),
    )
