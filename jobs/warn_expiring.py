"""An institution hears in time that a certificate of its will not hold much longer."""

from datetime import datetime

from directory.institutions.expiring import list_expiring, tell_expiring
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that no certificate ends without its managers having been told."""
    return reconcile(
        sessions,
        lambda session: list_expiring(session, now=now),
        lambda session, one: tell_expiring(session, one, now=now),
    )
