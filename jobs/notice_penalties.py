"""Who keeps breaking their word is told of a ban, a day before it begins."""

from datetime import datetime

from booking.attendance.queries import list_breaches
from booking.attendance.service import notice_penalty
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that the last straw is followed by a notice that can be appealed."""
    return reconcile(
        sessions,
        lambda session: list_breaches(session, now=now),
        lambda session, thing: notice_penalty(session, thing, now=now),
    )
