"""Money held for a use that will not be is let go."""

from datetime import datetime

from billing.holds.queries import list_releasable
from billing.holds.service import release
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that no money stays set aside for what was cancelled, refused, expired or missed."""
    return reconcile(
        sessions,
        list_releasable,
        lambda session, thing: release(session, thing, now=now),
    )
