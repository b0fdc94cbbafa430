"""Charts over weeks and years read rollups."""

from datetime import datetime

from foundation.database import SessionFactory
from jobs.reconciling import Outcome
from telemetry.rollups.service import is_ours, roll_up


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that every minute that is over is rolled up, late readings included.

    TimescaleDB refreshes its own aggregates.
    """
    with sessions() as session, session.begin():
        if not is_ours(session):
            return Outcome()
        done = roll_up(session, now=now)
    return Outcome(found=done, changed=done)
