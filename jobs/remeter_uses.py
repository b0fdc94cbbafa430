"""Telemetry that comes late is still counted, as long as nobody was charged."""

from datetime import datetime

from booking.usage.queries import list_outdated
from booking.usage.remetering import remeter
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that a use is metered by all the evidence there is, or flagged where it is billed."""
    return reconcile(
        sessions,
        lambda session: list_outdated(session, now=now),
        lambda session, key: remeter(session, key, now=now),
    )
