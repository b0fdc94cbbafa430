"""An institution whose last qualification lapsed takes no new orders."""

from datetime import datetime

from directory.institutions.service import list_lapsed, suspend_if_lapsed
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that no institution works on under a certificate that ran out."""
    return reconcile(
        sessions,
        lambda session: list_lapsed(session, now=now),
        lambda session, institution_id: suspend_if_lapsed(session, institution_id, now=now),
    )
