"""Days are ready before the first reading of each arrives."""

from datetime import datetime

import psycopg

from foundation.database import SessionFactory
from jobs.reconciling import Outcome
from telemetry.readings.service import DAY_MS, ensure_partitions, is_partitioned

DAYS_AHEAD = 7


def run(sessions: SessionFactory, now: datetime) -> Outcome:
    """Ensures that the partitions of the next week exist; TimescaleDB makes its own."""
    today = int(now.timestamp() * 1000) // DAY_MS
    days = range(today - 1, today + DAYS_AHEAD + 1)
    with sessions() as session, session.begin():
        raw = session.connection().connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        if not is_partitioned(raw):
            return Outcome()
        made = ensure_partitions(raw, days)
    return Outcome(found=len(days), changed=made, already_done=len(days) - made)
