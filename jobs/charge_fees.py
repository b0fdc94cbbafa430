"""Cancelling late and not coming cost what the terms say."""

from datetime import datetime

from billing.charges.fees import charge_fee
from billing.charges.queries import list_fees_due
from foundation.database import SessionFactory
from jobs.reconciling import Outcome, reconcile


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that a reservation cancelled late, or missed, is charged its one fee."""
    return reconcile(
        sessions,
        list_fees_due,
        lambda session, thing: charge_fee(session, thing, now=now),
    )
