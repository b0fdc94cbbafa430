"""A ban begins a day after its notice."""

from datetime import datetime

from booking.attendance.queries import list_beginning
from booking.attendance.service import begin_penalty
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that bans not appealed begin when they were said to."""
    return reconcile(
        sessions,
        lambda session: list_beginning(session, now=now),
        lambda session, thing: begin_penalty(session, thing, now=now),
    )
