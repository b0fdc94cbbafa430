"""Uses end where the instrument rests for longer than their terms bear."""

from datetime import datetime

from booking.reservations.clockwork import end_idle
from booking.reservations.due import list_idle
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that nobody keeps an instrument they let rest, where its terms say so."""
    return reconcile(
        sessions,
        lambda session: list_idle(session, now=now),
        lambda session, thing: end_idle(session, thing, now=now),
    )
