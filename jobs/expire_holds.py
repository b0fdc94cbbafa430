"""Holds and waits end by themselves."""

from datetime import datetime

from booking.reservations.clockwork import expire
from booking.reservations.due import list_passed
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that what holds time for somebody's yes lets go of it when its limit is over."""
    return reconcile(
        sessions,
        lambda session: list_passed(session, now=now),
        lambda session, thing: expire(session, thing, now=now),
    )
