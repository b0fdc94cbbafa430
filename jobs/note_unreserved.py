"""A run that nobody reserved becomes a usage session, for a person to look at."""

from datetime import datetime

from booking.usage.queries import list_unreserved
from booking.usage.service import note_unreserved
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that no use goes unseen: a run of nobody's is a session with an alarm."""
    return reconcile(
        sessions,
        lambda session: list_unreserved(session, now=now),
        lambda session, thing: note_unreserved(session, thing, now=now),
    )
