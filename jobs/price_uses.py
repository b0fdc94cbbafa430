"""Usage sessions whose evidence suffices are priced."""

from datetime import datetime

from billing.charges.queries import list_unpriced
from billing.charges.service import price
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that a usage session has its one charge, unless a person must look first."""
    return reconcile(
        sessions,
        list_unpriced,
        lambda session, usage_session_id: price(session, usage_session_id, now=now),
    )
