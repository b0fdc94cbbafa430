"""Ended uses become usage sessions once their telemetry is in."""

from datetime import datetime

from booking.usage.queries import list_ended
from booking.usage.service import meter
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that every ended use is metered, five minutes after its end at the latest."""
    return reconcile(
        sessions,
        list_ended,
        lambda session, reservation_id: meter(session, reservation_id, now=now),
    )
